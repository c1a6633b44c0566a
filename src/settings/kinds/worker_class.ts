import type { Kind } from "./kind.ts";
import { choice } from "./text.ts";

/**
 * `async`: a worker handles many requests at once. `sync`: one at a time. `threads`: like async, and a worker is a thread:
 * each process has several.
 */
export type WorkerClass = "async" | "sync" | "threads";

/** The message names what users of Gunicorn may write out of habit. */
export const workerClass: Kind<WorkerClass, WorkerClass> = {
  ...choice("CLASS", ["async", "sync", "threads"]),
  accepts:
    "async, sync or threads; async is also what gevent, eventlet, tornado and gthread are for in Gunicorn",
};
