import type { Clock, HttpServer } from "../system/system.ts";
import type { Requests } from "./requests.ts";
import { pending, withTimeout } from "./with_timeout.ts";

export interface DrainReport {
  /** Requests that were still in flight when the deadline came. */
  readonly cut: number;
  /** Milliseconds. */
  readonly took: number;
}

export interface DrainOptions {
  /** Milliseconds until what is still in flight is given up. */
  readonly deadline: number;
  /** Whether requests have come in during the last moments. */
  readonly isBusy: boolean;
  /** Whether clients have not taken yet what was sent to them. */
  readonly isSending: () => boolean;
  /** Called when it accepts no more. */
  readonly onClosed: () => void;
}

/**
 * Clients that keep their connections learn from the next response that this one ends. A busy client asks
 * again within this time; without it, nearly each of them lost a request at every change of workers.
 */
const farewell = 250;

/**
 * How long to wait for a moment with nothing in flight before the listener is closed. Closing it resets the
 * connections that wait in its accept queue, and a moment of rest is when there are fewest.
 */
const restWait = 1_000;

/** The runtime says a response is sent when it has handed it on; the bytes may need a moment more to leave. */
export const flushWait = 250;

/** Between two looks at whether all of it has left. */
const sendingPause = 20;

/**
 * Finishes the requests in flight. `stopAccepting` alone would be no drain: it closes connections that were
 * accepted but not yet read, takes away bodies that are still being read, and may never settle on Deno 2.7.
 */
export async function drain(
  servers: readonly HttpServer[],
  requests: Requests,
  clock: Clock,
  { deadline, isBusy, isSending, onClosed }: DrainOptions,
): Promise<DrainReport> {
  const start = clock.monotonic();
  const left = () => Math.max(0, start + deadline - clock.monotonic());

  requests.startDraining();
  if (isBusy) await withTimeout(clock, Math.min(farewell, left()), pending);
  // Half of the time for those who were here first; then the listener must be closed, lest more keep coming.
  await withTimeout(clock, left() / 2, requests.unguarded());
  await withTimeout(clock, Math.min(restWait, left()), requests.idle());
  const closed = Promise.all(servers.map((server) => server.stopAccepting()));
  onClosed();
  await withTimeout(clock, left(), requests.idle());
  const cut = requests.inFlight;
  if (cut > 0) return { cut, took: clock.monotonic() - start };
  let isClosed = false;
  void closed.then(() => isClosed = true);
  await withTimeout(clock, Math.min(flushWait, left()), closed);
  // A client that reads slowly: of 8 MB, 3 MB were still here after that.
  while (!isClosed && left() > 0 && isSending()) {
    await withTimeout(clock, Math.min(sendingPause, left()), closed);
  }
  return { cut, took: clock.monotonic() - start };
}
