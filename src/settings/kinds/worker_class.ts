import type { Kind } from "./kind.ts";
import { choice } from "./text.ts";

/** `async`: a worker handles many requests at once. `sync`: one at a time. */
export type WorkerClass = "async" | "sync";

/** The message names what users of Gunicorn may write out of habit. */
export const workerClass: Kind<WorkerClass, WorkerClass> = {
  ...choice("CLASS", ["async", "sync"]),
  accepts: "async or sync; async is also what gevent, eventlet, tornado and gthread are for in Gunicorn",
};
