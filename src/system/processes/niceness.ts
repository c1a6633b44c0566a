/** The niceness of this process: to Linux it belongs to each thread, and new threads and processes inherit it. */

import { lastError, libc } from "../libc.ts";
import { forEachThread } from "./process_threads.ts";

const PRIO_PROCESS = 0;

/** See `Processes.setNiceness`. */
export function setNiceness(nice: number): void {
  // A single thread: the process group may have others in it.
  forEachThread("self", (thread) => {
    if (libc().setpriority(PRIO_PROCESS, thread, nice) !== 0) throw lastError("setpriority");
  });
}
