/**
 * The names under which worker processes take tasks. When a process is gone, another one gives its tasks back to the
 * store at once: nobody has to wait until they count as lost.
 */

import type { Clock, Host } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

interface Gone {
  readonly owner: string;
  /** On the monotonic clock: from then on everybody knows that it is gone. */
  readonly leaseEnd: number;
}

export class TaskOwners {
  readonly #host: Pick<Host, "secret" | "pid">;
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #names = new WeakMap<WorkerHandle, string>();
  /** Of processes that are gone, of which nobody has been told yet. */
  #gone: Gone[] = [];
  /** What a worker was told. It may die itself before it has done that. */
  readonly #told = new WeakMap<WorkerHandle, Gone[]>();

  constructor(host: Pick<Host, "secret" | "pid">, clock: Pick<Clock, "monotonic">) {
    this.#host = host;
    this.#clock = clock;
  }

  /** Names the process of a worker that is about to take tasks. */
  nameOf(worker: WorkerHandle): string {
    const name = this.#names.get(worker) ??
      `${this.#host.pid}.${worker.process.pid}.${this.#host.secret().slice(0, 8)}`;
    this.#names.set(worker, name);
    return name;
  }

  gone(worker: WorkerHandle): void {
    this.#gone.push(...this.#current(this.#told.get(worker) ?? []));
    const owner = this.#names.get(worker);
    if (owner === undefined) return;
    const leaseEnd = this.#clock.monotonic() + worker.generation.settings.taskLease;
    this.#gone.push({ owner, leaseEnd });
  }

  /** Tells one of the workers, all of which take tasks. */
  release([worker]: readonly WorkerHandle[]): void {
    if (worker === undefined || this.#gone.length === 0) return;
    for (const { owner } of this.#gone) void worker.send({ type: "release-tasks", owner });
    this.#told.set(worker, [...this.#current(this.#told.get(worker) ?? []), ...this.#gone]);
    this.#gone = [];
  }

  #current(gone: readonly Gone[]): Gone[] {
    return gone.filter(({ leaseEnd }) => leaseEnd > this.#clock.monotonic());
  }
}
