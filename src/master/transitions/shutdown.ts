/** The end of the server: `core/transitions/stopping.ts` decides, this carries it out. */

import type { DenicornError } from "../../core/errors.ts";
import { stepStopping, type Stopping, type StoppingEvent } from "../../core/transitions/stopping.ts";
import { giveBackTime } from "../../core/tasks/task_limits.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Clock } from "../../system/system.ts";
import type { HeartbeatMonitor } from "../listeners/heartbeat_monitor.ts";
import { Refusal } from "../listeners/refusal.ts";
import type { SharedSockets } from "../listeners/shared_sockets.ts";
import type { Steering } from "../listeners/steering.ts";
import { takesTasks } from "../tasks/task_pool.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { WorkerTable } from "../workers/worker_table.ts";

interface ShutdownOptions {
  readonly clock: Clock;
  readonly lifecycle: LifecycleLog;
  readonly workerTable: WorkerTable;
  /** Of the workers that run tasks. */
  readonly taskTable: WorkerTable;
  readonly steering: Steering;
  readonly sharedSockets: SharedSockets;
  readonly heartbeatMonitor: HeartbeatMonitor;
  readonly settings: () => Pick<Settings, "drainIdle" | "gracefulTimeout">;
  /** Calls `tick` soon. */
  readonly wake: () => void;
}

/** Milliseconds until a worker is killed that gives its tasks back at a quick stop, and closes the store. */
const giveBackLimit = giveBackTime + 500;

export class Shutdown {
  readonly #options: ShutdownOptions;
  #stopping: Stopping = { is: "serving" };
  #cancelWake: () => void = () => {};
  #fault: DenicornError | null = null;
  #isRetirement = false;
  readonly #refusal: Refusal;

  constructor(options: ShutdownOptions) {
    this.#options = options;
    this.#refusal = new Refusal(options);
  }

  /** What made the server give up, if anything. */
  get fault(): DenicornError | null {
    return this.#fault;
  }

  /** True from the moment a stop was requested. */
  get isRequested(): boolean {
    return this.#stopping.is !== "serving";
  }

  /** True from the moment another master serves. */
  get isRetirement(): boolean {
    return this.#isRetirement;
  }

  /** True once the workers finish: from here on none is started or replaced. */
  get inProgress(): boolean {
    return this.isRequested && this.#stopping.is !== "delayed";
  }

  /** `delay` is how long to continue to serve before a graceful stop begins, in milliseconds. */
  stop(how: "graceful" | "quick", delay: number): void {
    this.#step({ type: "stop", how, delay });
  }

  tick(): void {
    this.#step({ type: "tick" });
  }

  /** Another master serves. This loses nothing: the workers that finish get no new connections. */
  retire(): void {
    this.#stopping = { is: "retiring" };
    this.#isRetirement = true;
    const { steering } = this.#options;
    steering.suspend();
    this.#drain(steering.isOn);
  }

  /** Gives up the start. This loses nothing: no worker serves yet. */
  halt(fault: DenicornError): void {
    if (this.inProgress) return;
    this.#fault = fault;
    this.#options.lifecycle.endWait();
    this.#stopping = { is: "quick" };
    this.#killAll();
  }

  #step(event: StoppingEvent): void {
    const { clock, lifecycle, steering, sharedSockets, heartbeatMonitor, wake } = this.#options;
    const now = clock.monotonic();
    const { stopping, begins } = stepStopping(this.#stopping, event, now);
    this.#stopping = stopping;
    if (begins === null) return;
    this.#cancelWake();
    if (stopping.is === "delayed") {
      const ms = stopping.until - now;
      this.#cancelWake = clock.after(ms, wake);
      return lifecycle.stopping(
        `stopping in ${Math.round(ms) / 1000} s (shutdown-delay): serving until then`,
      );
    }
    lifecycle.reloadEnds();
    if (begins === "quick-stop") {
      lifecycle.stopping("stopping now");
      this.#refusal.cutShort();
      return this.#stopNow();
    }
    lifecycle.stopping("stopping: finishing requests in flight");
    sharedSockets.refuse();
    // Without requests there is nothing to protect, and each worker closes its own listeners sooner.
    if (!heartbeatMonitor.isIdle && this.#refusal.begin(() => steering.shut())) return this.#drain(true);
    steering.release();
    this.#drain(false);
  }

  #drain(handedOver: boolean): void {
    const { clock } = this.#options;
    const event = { type: "drain", handedOver, isRestart: this.#isRetirement } as const;
    this.#forEach((worker) => worker.apply(event, clock.monotonic()));
  }

  /** Kills all but workers that may run tasks: these give them back first, because else nobody takes them for a lease. */
  #stopNow(): void {
    const { workerTable, taskTable, steering, sharedSockets, clock } = this.#options;
    steering.release();
    sharedSockets.refuse();
    let giving = false;
    const kill = (worker: WorkerHandle) =>
      worker.apply({ type: "kill", because: "quick-stop" }, clock.monotonic());
    const giveBack = (worker: WorkerHandle) => {
      const { state } = worker;
      if (state.is === "booting" && !state.isLoaded) return kill(worker);
      giving = true;
      // One that is loaded may have taken tasks already, and what it says of that is not read yet.
      if (state.is !== "booting") {
        worker.apply({ type: "drain", handedOver: false, isRestart: false }, clock.monotonic());
      }
      void worker.send({ type: "give-back-tasks" });
    };
    taskTable.forEach(giveBack);
    workerTable.forEach((worker) => takesTasks(worker.generation) ? giveBack(worker) : kill(worker));
    if (giving) this.#cancelWake = clock.after(giveBackLimit, () => this.#forEach(kill));
  }

  #killAll(): void {
    const { steering, sharedSockets, clock } = this.#options;
    steering.release();
    sharedSockets.refuse();
    this.#forEach((worker) => worker.apply({ type: "kill", because: "quick-stop" }, clock.monotonic()));
  }

  #forEach(visit: (worker: WorkerHandle) => void): void {
    const { workerTable, taskTable } = this.#options;
    workerTable.forEach(visit);
    taskTable.forEach(visit);
  }
}
