/** What follows from what workers say about tasks, and from the exits of task workers. */

import { endingOf, stateAtEnd } from "../../core/pool/death.ts";
import { isWanted } from "../../core/pool/worker_state.ts";
import { decodeBytes } from "../../protocol/framing.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import type { Clock, ExitStatus } from "../../system/system.ts";
import type { Generations } from "../generations/generations.ts";
import { endLostWorkers } from "../pool/lost_channels.ts";
import type { RestartPolicy } from "../pool/restart_policy.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { TaskDesk } from "./task_desk.ts";
import type { TaskOwners } from "./task_owners.ts";
import type { TaskPool } from "./task_pool.ts";
import type { TaskStatistics } from "../telemetry/task_statistics.ts";

interface TaskEventsOptions {
  readonly clock: Clock;
  /** Of task workers only. */
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly lifecycle: LifecycleLog;
  readonly restartPolicy: RestartPolicy;
  readonly generations: Generations;
  readonly statistics: TaskStatistics;
  readonly desk: TaskDesk;
  readonly owners: TaskOwners;
  readonly pool: TaskPool;
  /** True while the server stops. */
  readonly isStopping: () => boolean;
  /** Whether any worker has a generation, so that its bundle must stay. */
  readonly isUsed: (worker: WorkerHandle["generation"]) => boolean;
}

export class TaskEvents {
  readonly #options: TaskEventsOptions;

  constructor(options: TaskEventsOptions) {
    this.#options = options;
  }

  /** What a worker of any role says about tasks; false if the message is about something else. */
  handleTaskMessage(worker: WorkerHandle, message: FromWorker): boolean {
    const { statistics, desk, pool, clock } = this.#options;
    switch (message.type) {
      case "tasks-added":
        pool.wake();
        return true;
      case "task-report":
        this.#reportStore(statistics.add(worker, message.report, clock.monotonic()));
        pool.autoscale();
        return true;
      case "task-answer":
        desk.answered(worker, message);
        return true;
      default:
        return false;
    }
  }

  /** Of a task worker. */
  handleMessage(worker: WorkerHandle, message: FromWorker): void {
    const { clock, scoreboard, lifecycle, restartPolicy, pool } = this.#options;
    if (worker.isDistrusted) return;
    const objection = worker.objectionTo(message);
    if (objection !== null) return this.distrust(worker, objection);
    if (this.handleTaskMessage(worker, message)) return;
    const wasReady = worker.state.is === "ready";
    const event = worker.receive(message);
    if (event !== null) worker.apply(event, clock.monotonic());
    switch (message.type) {
      case "loaded":
        // It has no address to wait its turn for.
        if (isWanted(worker.state)) void worker.send({ type: "listen" });
        return;
      case "ready":
        if (worker.state.is !== "ready" || wasReady) return;
        worker.generation.hasServed = true;
        return lifecycle.ready(worker, clock.monotonic(), restartPolicy.isCrashLoop(pool.target));
      case "draining":
        if (message.failure === undefined || this.#options.isStopping()) return;
        return restartPolicy.record(worker, "finishing", "crash", pool.target);
      case "counters":
        return scoreboard.accept(worker.slot, decodeBytes(message.bytes));
    }
  }

  /** A task worker sent what no worker sends: it is ended and replaced. */
  distrust(worker: WorkerHandle, detail: string): void {
    worker.apply({ type: "kill", because: "broke-protocol", detail }, this.#options.clock.monotonic());
  }

  /** The process of a worker of any role is gone. */
  gone(worker: WorkerHandle): void {
    const { statistics, desk, owners } = this.#options;
    this.#reportStore(statistics.forget(worker));
    desk.gone(worker);
    owners.gone(worker);
  }

  #reportStore(isChanged: boolean): void {
    const { lifecycle, statistics, isStopping } = this.#options;
    if (isChanged && !isStopping()) lifecycle.taskStore(statistics.problem);
  }

  /** Of a task worker. */
  handleExit(worker: WorkerHandle, status: ExitStatus): void {
    const { clock, workerTable, lifecycle, restartPolicy, generations, pool, isStopping, isUsed } =
      this.#options;
    const before = stateAtEnd(worker.state, status);
    const ending = endingOf(before, status, worker.failure !== null, worker.generation.heapLimit);
    worker.apply({ type: "exit" }, clock.monotonic());
    workerTable.remove(worker);
    generations.prune(isUsed);
    if (isStopping() || ending.is === "expected") return lifecycle.ended(worker, ending);
    restartPolicy.record(worker, ending.text, ending.cause, pool.target);
  }

  /** Applies deadlines, and ends what has lost its channel. `interval`: milliseconds between two ticks. */
  tick(interval: number): void {
    const { workerTable, restartPolicy, pool, clock } = this.#options;
    const now = clock.monotonic();
    workerTable.tick(now, interval);
    const distrust = (worker: WorkerHandle, reason: string) => this.distrust(worker, reason);
    endLostWorkers({ workerTable, restartPolicy, target: pool.target, distrust }, now);
  }
}
