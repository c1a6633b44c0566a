import type { Clock, HttpServer } from "../system/system.ts";
import type { Requests } from "./requests.ts";

export interface DrainReport {
  /** Requests that were still in flight when the deadline came. */
  readonly cut: number;
  /** Milliseconds. */
  readonly took: number;
}

/**
 * How long to wait for a moment with nothing in flight before the listener is closed. Closing it resets the
 * connections that wait in its accept queue, and a moment of rest is when there are fewest.
 */
const restWait = 1_000;

/** The runtime says a response is sent when it has handed it on; the bytes may need a moment more to leave. */
const flushWait = 250;

/**
 * Finishes the requests in flight, at most until `deadline` milliseconds from now. `stopAccepting` alone would
 * be no drain: it closes connections that were accepted but not yet read, and may never settle on Deno 2.7.
 */
export async function drain(
  servers: readonly HttpServer[],
  requests: Requests,
  clock: Clock,
  deadline: number,
): Promise<DrainReport> {
  const start = clock.monotonic();
  const left = () => Math.max(0, start + deadline - clock.monotonic());

  requests.startDraining();
  await within(clock, Math.min(restWait, left()), requests.idle());
  const closed = Promise.all(servers.map((server) => server.stopAccepting()));
  await within(clock, left(), requests.idle());
  const cut = requests.inFlight;
  if (cut === 0) await within(clock, Math.min(flushWait, left()), closed);
  return { cut, took: clock.monotonic() - start };
}

/** Waits for `done`, but no longer than `ms`. */
function within(clock: Clock, ms: number, done: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    done.then(() => {
      cancel();
      resolve();
    });
  });
}
