/**
 * How a worker finishes when other workers get its new connections: it keeps serving the connections it has until none
 * of them carries data. Its listeners stay open until it exits, so that nothing on its way to them is reset. Clients of
 * HTTP/2 never stop by themselves: they get a GOAWAY as soon as that harms nothing of HTTP/1.
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
  /** Milliseconds until connections can be quiet that are not of TCP; 0 if they are. */
  readonly untilOthersQuiet: () => number;
  /** Clients are offered HTTP/2, so there may be connections of it without requests. */
  readonly offersHttp2: boolean;
  /**
   * Sends a GOAWAY to each client of HTTP/2. Also closes idle connections of HTTP/1, and the listeners. `null` if each
   * client gets its own as soon as it is known: then all connections become idle like those of HTTP/1.
   */
  readonly goAway: (() => void) | null;
}

/** Milliseconds between two checks, at least. */
const shortestPause = 20;

/** Milliseconds between two looks at heads that have begun, which have seconds. */
const headPause = 100;

/** Milliseconds that a timer may be late before this process counts as one that did not run, such as one in a paused VM. */
const longestLateness = 100;

/** How many such pauses are heeded: a process that is always late must leave, too. */
const mostPauses = 4;

/** Milliseconds between two checks after the GOAWAY, at most: a connection that has ended is not waited for. */
const longestPause = 50;

/**
 * Resolves at a moment when nothing is in flight, the accept queues are empty, and every connection is idle. It does
 * not wait for idle connections to end: clients that got `Connection: close` have ended theirs, the others are silent.
 * A handshake that began before the steering changed is over within `drainIdle`, unless its client is slower than that.
 * GOAWAY is sent when all of that holds for HTTP/1, or after half of the time: then something long is in flight, such as
 * a download, and without a GOAWAY the requests of HTTP/2 would be cut off.
 */
export async function drainSteered(
  requests: Requests,
  sockets: TcpSockets,
  clock: Clock,
  { deadline, drainIdle, steeringEnded, listeners, ports, heads, untilOthersQuiet, offersHttp2, goAway }:
    SteeredDrainOptions,
): Promise<DrainReport & { readonly hasSteeringEnded: boolean }> {
  const start = clock.monotonic();
  const { http2 } = requests;
  /** What becomes quiet by itself. */
  const leaving = goAway === null ? () => requests : () => requests.http1;
  const except: ReadonlySet<number> = goAway === null ? new Set() : http2.ports;
  let hasSteeringEnded = false;
  void steeringEnded.then(() => hasSteeringEnded = true);
  const until = (time: number) => hasSteeringEnded ? 0 : Math.max(0, start + time - clock.monotonic());
  const left = () => until(deadline);
  /** Since when this process has run without a long pause. Silence before says nothing: its clients may not have run either. */
  let awakeSince = start;
  let pauses = 0;
  const wait = async (time: number, promise: Promise<void> = steeringEnded) => {
    const due = clock.monotonic() + time;
    await withTimeout(clock, time, Promise.race([promise, steeringEnded]));
    const now = clock.monotonic();
    if (now - due > longestLateness && pauses++ < mostPauses) awakeSince = now;
  };
  const untilAwake = () => awakeSince + drainIdle - clock.monotonic();

  /** Milliseconds until all of that can be quiet; `null` if it is. */
  const untilQuiet = async (): Promise<number | null> => {
    const lastEnd = goAway === null ? Math.max(requests.lastEnd, http2.lastEnd) : requests.lastEnd;
    const flushing = lastEnd + flushTimeout - clock.monotonic();
    if (flushing > 0) return flushing;
    const asleep = untilAwake();
    if (asleep > 0) return asleep;
    const others = untilOthersQuiet();
    if (others > 0) return others;
    const { total } = leaving();
    const hasChanged = () => leaving().total !== total || leaving().inFlight > 0;
    const isOver = () => hasChanged() || left() === 0;
    const active = await activeConnection(sockets, clock, {
      ...{ ports, isOver },
      recent: drainIdle,
      except,
    });
    if (active !== null) return drainIdle - active.idle;
    // The search takes several turns of the event loop, in which connections and requests can arrive.
    if (hasChanged() || listeners.some((descriptor) => sockets.waiting(descriptor) > 0)) return 0;
    if (await heads() > 0) return headPause;
    // A worker that did not run for a while has not read what came meanwhile: timers fire first.
    await wait(shortestPause);
    if (hasChanged()) return 0;
    return untilAwake() > 0 ? drainIdle : null;
  };

  /** The same of all after the GOAWAY: connections of which the last answer was sent have ended. */
  const untilSent = async (): Promise<number | null> => {
    const flushing = Math.max(requests.lastEnd, http2.lastEnd) + flushTimeout - clock.monotonic();
    if (flushing > 0) return flushing;
    const asleep = untilAwake();
    if (asleep > 0) return Math.min(asleep, longestPause);
    const others = untilOthersQuiet();
    if (others > 0) return others;
    const isOver = () => requests.inFlight > 0 || left() === 0;
    const active = await activeConnection(sockets, clock, { ports, isOver, recent: drainIdle });
    return active === null ? null : Math.min(drainIdle - active.idle, longestPause);
  };

  const mayHaveHttp2 = () => goAway !== null && (offersHttp2 || http2.total > 0 || http2.inFlight > 0);
  const half = () => until(deadline / 2);

  requests.startDraining();
  await wait(Math.min(drainIdle, left()));
  while ((mayHaveHttp2() ? half() : left()) > 0) {
    await wait(mayHaveHttp2() ? half() : left(), goAway === null ? requests.idle() : requests.http1Idle());
    if (leaving().inFlight > 0) continue;
    const pause = await untilQuiet();
    if (pause === null) break;
    await wait(Math.min(Math.max(pause, shortestPause), left()));
  }
  if (goAway !== null && mayHaveHttp2() && left() > 0) {
    goAway();
    await wait(Math.min(shortestPause, left()));
    while (left() > 0) {
      await wait(left(), requests.idle());
      if (requests.inFlight > 0) continue;
      const pause = await untilSent();
      if (pause === null) break;
      await wait(Math.min(Math.max(pause, shortestPause), left()));
    }
  }
  return { cut: requests.inFlight, hasSteeringEnded, took: clock.monotonic() - start };
}
