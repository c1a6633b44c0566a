/**
 * The names under which worker processes take tasks. When a process is gone, another one gives its tasks back to the
 * store at once: nobody has to wait until they count as lost.
 */

import type { Host } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

export class TaskOwners {
  readonly #host: Pick<Host, "secret" | "pid">;
  readonly #names = new WeakMap<WorkerHandle, string>();
  /** Of processes that are gone, whose tasks nobody has given back yet. */
  readonly #gone = new Set<string>();

  constructor(host: Pick<Host, "secret" | "pid">) {
    this.#host = host;
  }

  /** Names the process of a worker that is about to take tasks. */
  nameOf(worker: WorkerHandle): string {
    const name = this.#names.get(worker) ??
      `${this.#host.pid}.${worker.process.pid}.${this.#host.secret().slice(0, 8)}`;
    this.#names.set(worker, name);
    return name;
  }

  gone(worker: WorkerHandle): void {
    const name = this.#names.get(worker);
    if (name !== undefined) this.#gone.add(name);
  }

  /** Tells one of the workers, all of which take tasks. */
  release([worker]: readonly WorkerHandle[]): void {
    if (worker === undefined || this.#gone.size === 0) return;
    for (const owner of this.#gone) void worker.send({ type: "release-tasks", owner });
    this.#gone.clear();
  }
}
