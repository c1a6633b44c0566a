/** How a worker finishes when no other worker gets its new connections: it must close its listeners first. */

import { sleep, withTimeout } from "../../system/clock.ts";
import type { Clock, HttpServer } from "../../system/system.ts";
import type { Requests } from "../http/requests.ts";

export interface DrainReport {
  /** Requests that were still in flight at the deadline. */
  readonly cut: number;
  /** Milliseconds. */
  readonly took: number;
}

interface DrainOptions {
  /** Milliseconds after which the worker gives up on what is still in flight. */
  readonly deadline: number;
  /** Whether there were requests recently. */
  readonly isBusy: boolean;
  /** Milliseconds until every connection can have been idle for `drain-idle`; 0 if every one has. */
  readonly untilIdle: () => Promise<number>;
  /** How many clients have begun a request and not finished its head. */
  readonly heads: () => Promise<number>;
  /** Whether clients have not received yet what was sent to them. */
  readonly isSending: () => Promise<boolean>;
  /** Refuses new connections and then stops listening. */
  readonly leaveAddresses: () => Promise<void>;
  /** Called before connections are closed. Returns whether some of them stay open until all has arrived. */
  readonly keepHttp2: () => boolean;
  /** Called when no more connections are accepted. */
  readonly onClosed: () => void;
}

/**
 * Milliseconds in which clients that keep their connections learn from `Connection: close` on the next response that
 * this one ends. A busy client asks again within this time; without it, nearly each lost a request at every reload.
 */
const noticePeriod = 250;

/**
 * Milliseconds to wait for a moment with nothing in flight before the listeners are closed. Closing them resets the
 * connections in their accept queues, of which there are fewest at such a moment.
 */
const idleTimeout = 1_000;

/** Milliseconds from when the runtime calls a response sent until its bytes have really left the process. */
export const flushTimeout = 250;

/** Milliseconds between two checks, at least. */
const shortestPause = 20;

/** Milliseconds between two checks, at most: a connection that has been closed is not waited for. */
const longestPause = 100;

/**
 * Finishes the requests in flight. `stopAccepting` alone does not do that: it closes connections that were accepted
 * but not read yet, cuts off request bodies that are still being read, and may never resolve on Deno 2.7.
 */
export async function drain(
  servers: readonly Pick<HttpServer, "stopAccepting">[],
  requests: Requests,
  clock: Clock,
  { deadline, isBusy, untilIdle, heads, isSending, leaveAddresses, keepHttp2, onClosed }: DrainOptions,
): Promise<DrainReport> {
  const start = clock.monotonic();
  const left = () => Math.max(0, start + deadline - clock.monotonic());

  requests.startDraining();
  if (isBusy) await sleep(clock, Math.min(noticePeriod, left()));
  // Half of the time for the requests that came first; then close the listeners so that no more arrive.
  await withTimeout(clock, left() / 2, requests.untilListenersMayClose());
  if (isBusy) await withTimeout(clock, left(), leaveAddresses());
  // A client may have connected and not sent its request yet, or its request has arrived and is not read yet.
  let latestEnd = clock.monotonic() + await untilIdle() + idleTimeout;
  const wait = () => Math.min(latestEnd - clock.monotonic(), left());
  while (wait() > 0) {
    await withTimeout(clock, wait(), requests.idle());
    const { total } = requests;
    const pause = await untilIdle();
    const hasHeads = await heads() > 0;
    // Its time is limited by that of a head.
    if (hasHeads) latestEnd = clock.monotonic() + idleTimeout;
    else if (pause === 0 && requests.inFlight === 0 && requests.total === total) break;
    await sleep(clock, Math.max(0, Math.min(Math.max(pause, shortestPause), longestPause, wait())));
  }
  const areKept = keepHttp2();
  const closed = Promise.all(servers.map((server) => server.stopAccepting()));
  onClosed();
  await withTimeout(clock, left(), requests.idle());
  const cut = requests.inFlight;
  if (cut > 0) return { cut, took: clock.monotonic() - start };
  let isClosed = false;
  void closed.then(() => isClosed = true);
  await withTimeout(clock, Math.min(flushTimeout, left()), closed);
  // For a client that reads slowly: after the timeout, 3 MB of a response of 8 MB were still in the process.
  while ((!isClosed || areKept) && left() > 0 && await isSending()) {
    const pause = Math.min(shortestPause, left());
    await (isClosed ? sleep(clock, pause) : withTimeout(clock, pause, closed));
  }
  return { cut, took: clock.monotonic() - start };
}
