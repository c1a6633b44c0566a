/**
 * How a worker finishes when other workers get its new connections: it keeps serving the connections it has until none
 * of them carries data. Its listeners stay open until it exits, so that nothing on its way to them is reset.
 */

import { withTimeout } from "../../system/clock.ts";
import type { Clock, TcpSockets } from "../../system/system.ts";
import { activeConnection } from "./active_connection.ts";
import { type DrainReport, flushTimeout } from "./drain.ts";
import type { Requests } from "../http/requests.ts";

interface SteeredDrainOptions {
  /** Milliseconds after which the worker gives up on what is still in flight. */
  readonly deadline: number;
  /** Milliseconds without data after which a connection counts as idle. */
  readonly drainIdle: number;
  /** Resolves when the new connections are no longer steered to other workers. */
  readonly steeringEnded: Promise<void>;
  /** Descriptors of the listening sockets. */
  readonly listeners: readonly number[];
  readonly ports: ReadonlySet<number>;
  /** How many clients have begun a request and not finished its head. */
  readonly heads: () => Promise<number>;
}

/** Milliseconds between two checks, at least. */
const shortestPause = 20;

/** Milliseconds between two looks at heads that have begun, which have seconds. */
const headPause = 100;

/**
 * Resolves at a moment when nothing is in flight, the accept queues are empty, and every connection is idle. It does
 * not wait for idle connections to end: clients that got `Connection: close` have ended theirs, the others are silent.
 * A handshake that began before the steering changed is over within `drainIdle`, unless its client is slower than that.
 */
export async function drainSteered(
  requests: Requests,
  sockets: TcpSockets,
  clock: Clock,
  { deadline, drainIdle, steeringEnded, listeners, ports, heads }: SteeredDrainOptions,
): Promise<DrainReport & { readonly hasSteeringEnded: boolean }> {
  const start = clock.monotonic();
  let hasSteeringEnded = false;
  void steeringEnded.then(() => hasSteeringEnded = true);
  const left = () => hasSteeringEnded ? 0 : Math.max(0, start + deadline - clock.monotonic());

  /** Milliseconds until all can be quiet; `null` if it is. */
  const untilQuiet = async (): Promise<number | null> => {
    const flushing = requests.lastEnd + flushTimeout - clock.monotonic();
    if (flushing > 0) return flushing;
    const { total } = requests;
    const hasChanged = () => requests.total !== total || requests.inFlight > 0;
    const isOver = () => hasChanged() || left() === 0;
    const active = await activeConnection(sockets, clock, { ports, recent: drainIdle, isOver });
    if (active !== null) return drainIdle - active.idle;
    // The search takes several turns of the event loop, in which connections and requests can arrive.
    if (hasChanged() || listeners.some((descriptor) => sockets.waiting(descriptor) > 0)) return 0;
    if (await heads() > 0) return headPause;
    return hasChanged() ? 0 : null;
  };

  requests.startDraining();
  await withTimeout(clock, Math.min(drainIdle, left()), steeringEnded);
  while (left() > 0) {
    await withTimeout(clock, left(), Promise.race([requests.idle(), steeringEnded]));
    if (requests.inFlight > 0) continue;
    const pause = await untilQuiet();
    if (pause === null) break;
    await withTimeout(clock, Math.min(Math.max(pause, shortestPause), left()), steeringEnded);
  }
  return { cut: requests.inFlight, hasSteeringEnded, took: clock.monotonic() - start };
}
