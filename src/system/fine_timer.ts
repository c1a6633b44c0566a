/**
 * A timer of one millisecond. A timer of the runtime for 1 ms fires after 2.08 ms; SIGALRM, sent by the kernel
 * (setitimer(2)), arrives after 1.00 ms and takes 20 µs of CPU. One timer can run at a time.
 */

import { libc } from "./libc.ts";
import { ITIMER_REAL } from "./linux_constants.ts";

/** What the next SIGALRM calls. */
let fired: () => void = () => {};
let isListening = false;

/** Calls `fire` every `ms` milliseconds, less than 1,000, until the returned function is called. */
export function everyFine(ms: number, fire: () => void): () => void {
  listen();
  fired = fire;
  setTimer(ms);
  return () => {
    if (fired !== fire) return;
    fired = () => {};
    setTimer(0);
  };
}

/** For the rest of this process: without a listener, a signal that is still on its way would end it. */
function listen(): void {
  if (isListening) return;
  Deno.addSignalListener("SIGALRM", () => fired());
  isListening = true;
}

/** `struct itimerval`: interval and time left, each in seconds and microseconds. */
function setTimer(ms: number): void {
  const microseconds = BigInt(Math.round(ms * 1000));
  const timer = BigInt64Array.of(0n, microseconds, 0n, microseconds);
  libc().setitimer(ITIMER_REAL, new Uint8Array(timer.buffer), null);
}
