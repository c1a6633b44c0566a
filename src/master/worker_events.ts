/** What follows from what happens to workers: they come up, fail to, finish and die. */

import { endingOf } from "../core/pool/death.ts";
import type { DenicornError } from "../core/errors.ts";
import { isStillBooting, isWanted } from "../core/pool/worker_state.ts";
import { decodeBytes } from "../protocol/framing.ts";
import type { FromWorker } from "../protocol/messages.ts";
import type { Clock, ExitStatus, TcpAddress } from "../system/system.ts";
import { bootFailure } from "./workers/boot_failure.ts";
import type { WorkerHandle } from "./workers/worker_handle.ts";
import type { WorkerPool } from "./pool/worker_pool.ts";
import type { RestartPolicy } from "./pool/restarts.ts";
import type { Generation } from "./workers/generation.ts";
import type { Generations } from "./generations/generations.ts";
import type { LifecycleLog } from "./telemetry/lifecycle_log.ts";
import type { Reload } from "./transitions/reload.ts";
import type { WorkerTable } from "./workers/worker_table.ts";
import type { Scoreboard } from "./workers/scoreboard.ts";
import type { Shutdown } from "./transitions/shutdown.ts";
import type { ServerCounters } from "./telemetry/counters.ts";
import type { Traffic } from "./listeners/traffic.ts";

export interface WorkerEventsOptions {
  readonly clock: Clock;
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly lifecycle: LifecycleLog;
  readonly restartPolicy: RestartPolicy;
  readonly traffic: Traffic;
  readonly counters: ServerCounters;
  readonly generations: Generations;
  readonly pool: WorkerPool;
  readonly reload: Reload;
  readonly shutdown: Shutdown;
}

export class WorkerEvents {
  readonly #options: WorkerEventsOptions;
  readonly #firstReady = Promise.withResolvers<void>();
  #everReady = false;
  #addresses: readonly TcpAddress[];

  constructor(options: WorkerEventsOptions) {
    this.#options = options;
    this.#addresses = options.generations.serving.settings.bind;
  }

  /** Settles when the first worker is ready. */
  get firstReady(): Promise<void> {
    return this.#firstReady.promise;
  }

  /** False until the first worker is ready: up to then a failure ends the start. */
  get everReady(): boolean {
    return this.#everReady;
  }

  /** Where workers listen; once one does, with the real port in place of port 0. */
  get addresses(): readonly TcpAddress[] {
    return this.#addresses;
  }

  handleMessage(worker: WorkerHandle, message: FromWorker): void {
    const { scoreboard, traffic, restartPolicy, pool, shutdown, clock } = this.#options;
    const event = worker.receive(message);
    const isBack = worker.state.is === "ready";
    if (message.type === "loaded" && isWanted(worker.state)) traffic.queue(worker);
    if (message.type === "closed") traffic.leave(worker);
    if (message.type === "counters") scoreboard.accept(worker.slot, decodeBytes(message.bytes));
    if (event === null) return;
    worker.apply(event, clock.monotonic());
    // It had lost its listeners.
    if (message.type === "ready" && isBack) return traffic.join(worker, message.sharingFailure);
    if (message.type === "ready" && worker.state.is === "ready") {
      this.#welcome(worker, message.addresses, message.sharingFailure);
    } else if (message.type === "draining" && message.failure !== undefined && !shutdown.inProgress) {
      restartPolicy.record(worker, "finishing", "crash", pool.target);
    }
  }

  #welcome(worker: WorkerHandle, addresses: readonly TcpAddress[], sharingFailure: string | undefined): void {
    const { traffic, lifecycle, restartPolicy, pool, reload, clock } = this.#options;
    traffic.join(worker, sharingFailure);
    lifecycle.ready(worker, clock.monotonic(), restartPolicy.isCrashLoop(pool.target));
    if (!this.#everReady) this.#addresses = addresses;
    this.#everReady = true;
    this.#firstReady.resolve();
    reload.step({ type: "canary-ready", generation: worker.generation.number });
  }

  handleExit(worker: WorkerHandle, status: ExitStatus): void {
    const { workerTable, traffic, counters, generations, lifecycle, restartPolicy, pool, shutdown, clock } =
      this.#options;
    const before = worker.state;
    const ending = endingOf(before, status, worker.failure !== null);
    worker.apply({ type: "exit" }, clock.monotonic());
    workerTable.remove(worker);
    traffic.leave(worker);
    counters.keep(worker);
    generations.prune((generation) => workerTable.uses(generation));

    if (shutdown.inProgress || ending.is === "meant") {
      if (this.#everReady) lifecycle.ended(worker, ending, restartPolicy.describeRunningRequest(worker));
      return;
    }
    const isEndOfBoot = isStillBooting(before) &&
      this.failBoot(worker.generation, () => bootFailure(worker, before, status));
    if (!isEndOfBoot) restartPolicy.record(worker, ending.text, ending.cause, pool.target);
  }

  /** Handles a worker that did not come up where more hangs on it: the start itself, or a reload. */
  failBoot(generation: Generation, failure: () => DenicornError): boolean {
    const { shutdown, reload } = this.#options;
    if (shutdown.inProgress) return true;
    if (this.#everReady) return reload.failBoot(generation, failure);
    shutdown.halt(failure());
    return true;
  }
}
