/** The end of the server: `core/transitions/stopping.ts` decides, here it is carried out. */

import type { DenicornError } from "../../core/errors.ts";
import { stepStopping, type Stopping, type StoppingEvent } from "../../core/transitions/stopping.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Clock } from "../../system/system.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Traffic } from "../listeners/traffic.ts";

export interface ShutdownOptions {
  readonly clock: Clock;
  readonly lifecycle: LifecycleLog;
  readonly workerTable: WorkerTable;
  readonly traffic: Traffic;
  readonly settings: () => Pick<Settings, "drainIdle" | "gracefulTimeout">;
  /** Calls `tick` soon. */
  readonly wake: () => void;
}

/** Milliseconds between two looks at the queues. */
const quietPause = 20;

export class Shutdown {
  readonly #options: ShutdownOptions;
  #stopping: Stopping = { is: "serving" };
  #cancelWake: () => void = () => {};
  /** What made the server give up, if anything. */
  fault: DenicornError | null = null;

  constructor(options: ShutdownOptions) {
    this.#options = options;
  }

  /** True from the moment a stop was asked for. */
  get isRequested(): boolean {
    return this.#stopping.is !== "serving";
  }

  /** True once the workers finish: none is started or replaced any more. */
  get inProgress(): boolean {
    return this.isRequested && this.#stopping.is !== "delayed";
  }

  /** `delay` is how long to serve on before a graceful stop begins, in milliseconds. */
  stop(how: "graceful" | "quick", delay: number): void {
    this.#step({ type: "stop", how, delay });
  }

  tick(): void {
    this.#step({ type: "tick" });
  }

  /** Another master serves. Nothing is lost: the workers that finish have no new connections to expect. */
  retire(): void {
    this.#stopping = { is: "retiring" };
    const { traffic } = this.#options;
    traffic.suspend();
    this.#drain(traffic.isSteered);
  }

  /** Gives up the start: nothing serves yet, so nothing is lost. */
  halt(fault: DenicornError): void {
    if (this.inProgress) return;
    this.fault = fault;
    this.#stopping = { is: "quick" };
    this.#killAll();
  }

  #step(event: StoppingEvent): void {
    const { clock, lifecycle, traffic, wake } = this.#options;
    const now = clock.monotonic();
    const { stopping, begins } = stepStopping(this.#stopping, event, now);
    this.#stopping = stopping;
    if (begins === null) return;
    this.#cancelWake();
    if (stopping.is === "delayed") {
      const ms = stopping.until - now;
      this.#cancelWake = clock.after(ms, wake);
      return lifecycle.stopping(`stopping in ${ms / 1000} s (shutdown-delay): serving until then`);
    }
    if (begins === "quick-stop") {
      lifecycle.stopping("stopping now");
      return this.#killAll();
    }
    lifecycle.stopping("stopping: finishing requests in flight");
    if (traffic.refuse()) {
      this.#drain(true);
      return this.#shutWhenQuiet(now);
    }
    traffic.release();
    this.#drain(false);
  }

  /**
   * To close a listener resets who waits in its queue. So nobody new is let in, the workers serve those who are
   * there, and when the last handshake is over the listeners close, lest clients wait in vain.
   */
  #shutWhenQuiet(since: number): void {
    const { clock, traffic, settings } = this.#options;
    const { drainIdle, gracefulTimeout } = settings();
    const deadline = gracefulTimeout / 2;
    const poll = () => {
      const elapsed = clock.monotonic() - since;
      const isQuiet = elapsed >= drainIdle && traffic.backlog === 0;
      if (isQuiet || elapsed >= deadline || this.#stopping.is !== "draining") return traffic.shut();
      clock.after(quietPause, poll);
    };
    poll();
  }

  #drain(handedOver: boolean): void {
    const { workerTable, clock } = this.#options;
    workerTable.forEach((worker) => worker.apply({ type: "drain", handedOver }, clock.monotonic()));
  }

  #killAll(): void {
    const { workerTable, clock } = this.#options;
    workerTable.forEach((worker) => worker.apply({ type: "kill", because: "quick-stop" }, clock.monotonic()));
  }
}
