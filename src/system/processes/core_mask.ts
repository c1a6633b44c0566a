/** Which core a process runs on (sched_setaffinity(2)): to Linux that, too, belongs to each thread. */

import { lastError, libc } from "../libc.ts";
import { forEachThread } from "./process_threads.ts";

/** Of the type cpu_set_t of the C library. */
const maskBytes = 128;

/** See `Processes.runOnCore`. */
export function runOnCore(pid: number, thread: number | null, core: number): void {
  const mask = new Uint8Array(maskBytes);
  mask[core >> 3] = 1 << (core & 7);
  const change = (thread: number) => {
    if (libc().sched_setaffinity(thread, BigInt(maskBytes), mask) !== 0) throw lastError("sched_setaffinity");
  };
  if (thread === null) forEachThread(pid, change);
  else change(thread);
}
