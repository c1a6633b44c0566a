/**
 * How a worker finishes when the kernel gives new connections to others: it goes on serving those it has until
 * none of them carries anything. Its listeners stay open to the very end, so nothing that is still on its way
 * to it is reset.
 */

import type { Clock, TcpSockets } from "../system/system.ts";
import { type DrainReport, flushWait } from "./drain.ts";
import type { Requests } from "./requests.ts";
import { pending, withTimeout } from "./with_timeout.ts";

export interface SteeredDrainOptions {
  /** Milliseconds until what is still in flight is given up. */
  readonly deadline: number;
  /** Milliseconds a connection must have carried nothing. */
  readonly drainIdle: number;
  /** Settles when there is nobody left to take the new connections. */
  readonly recalled: Promise<void>;
  /** Descriptors and ports of the worker's listening sockets. */
  readonly listeners: readonly { readonly descriptor: number; readonly port: number }[];
}

/** Looking at 499 connections takes 8 ms: often enough to be quick, seldom enough to stay cheap. */
const shortestPause = 20;

/**
 * Settles at a moment with nothing in flight, nobody in the accept queues, and every connection idle. It does not
 * wait for idle connections to end: those that were told `Connection: close` have, the others were silent.
 * A handshake that had begun before new ones went elsewhere is over within `drainIdle`, unless its client is
 * slower than that.
 */
export async function drainSteered(
  requests: Requests,
  sockets: TcpSockets,
  clock: Clock,
  { deadline, drainIdle, recalled, listeners }: SteeredDrainOptions,
): Promise<DrainReport & { readonly recalled: boolean }> {
  const start = clock.monotonic();
  let isRecalled = false;
  void recalled.then(() => isRecalled = true);
  const left = () => isRecalled ? 0 : Math.max(0, start + deadline - clock.monotonic());
  const wait = (ms: number, done: Promise<void>) =>
    withTimeout(clock, Math.min(ms, left()), Promise.race([done, recalled]));

  requests.startDraining();
  await wait(drainIdle, pending);
  while (left() > 0) {
    await wait(Infinity, requests.idle());
    if (requests.inFlight > 0) continue;
    const unsure = requests.lastEnd + flushWait - clock.monotonic();
    const pause = unsure > 0 ? unsure : untilQuiet(sockets, listeners, drainIdle);
    if (pause === null) break;
    await wait(Math.max(pause, shortestPause), pending);
  }
  return { cut: requests.inFlight, recalled: isRecalled, took: clock.monotonic() - start };
}

/** `null` when all is quiet, else after how many milliseconds it can be at the earliest. */
function untilQuiet(
  sockets: TcpSockets,
  listeners: SteeredDrainOptions["listeners"],
  drainIdle: number,
): number | null {
  if (listeners.some(({ descriptor }) => sockets.waiting(descriptor) > 0)) return 0;
  const idle = listeners.flatMap(({ port }) => sockets.connections(port)).map((connection) =>
    connection.idle
  );
  const least = Math.min(drainIdle, ...idle);
  return least >= drainIdle ? null : drainIdle - least;
}
