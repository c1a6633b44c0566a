/** Which workers listen, which of them get the new connections, and which are held up. */

import type { Handover } from "../../control/master_commands.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Clock } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { LifecycleLog } from "../telemetry/lifecycle_log.ts";
import { ListenOrder } from "./listen_order.ts";
import type { WorkerTable } from "../workers/worker_table.ts";
import type { Scoreboard } from "../workers/scoreboard.ts";
import { StallReporter } from "./stall_reporter.ts";
import type { Steering } from "./steering.ts";
import { HeartbeatMonitor } from "./heartbeat_monitor.ts";

/** Milliseconds between two looks while no worker has anything to do. */
const restingPause = 100;

export class Traffic {
  readonly #clock: Clock;
  readonly #workerTable: WorkerTable;
  readonly #steering: Steering;
  readonly #watch: HeartbeatMonitor;
  readonly #stallReporter: StallReporter;
  /** No worker has had anything to do of late. */
  #isResting = true;
  readonly #turns = new ListenOrder((worker) => this.#steering.expect(worker));

  constructor(
    clock: Clock,
    workerTable: WorkerTable,
    steering: Steering,
    scoreboard: Scoreboard,
    lifecycle: LifecycleLog,
  ) {
    this.#clock = clock;
    this.#workerTable = workerTable;
    this.#steering = steering;
    this.#watch = new HeartbeatMonitor(workerTable, scoreboard);
    this.#stallReporter = new StallReporter(clock, workerTable, scoreboard, lifecycle);
  }

  /** Where workers send their listening sockets, if anywhere. */
  get fdInbox(): string | null {
    return this.#steering.fdInbox;
  }

  /** Connections that wait to be accepted; `null` where only the workers hold the sockets. */
  get backlog(): number | null {
    return this.#steering.waiting();
  }

  /** True if a worker that finishes leaves its new connections to others. */
  get isSteered(): boolean {
    return this.#steering.isOn;
  }

  /**
   * Looks at the beats every `interval` milliseconds and calls `changed` when a worker is held up longer than
   * `stallAfter` says, or turns again; a long stall is told. The returned function ends it. While all workers rest
   * it looks less often: 40 looks a second took the master 0.7 % of a core.
   */
  watch(
    interval: number,
    settings: () => Pick<Settings, "stallAfter" | "slowRequest">,
    changed: () => void,
  ): () => void {
    let cancel = () => {};
    const poll = (pause: number) => {
      cancel = this.#clock.after(pause, () => {
        const { stallAfter, slowRequest } = settings();
        const sight = this.#watch.poll(this.#clock.monotonic(), pause, stallAfter);
        this.#isResting = sight.isResting;
        this.#stallReporter.report(slowRequest);
        if (sight.changed) changed();
        poll(sight.isResting ? Math.max(interval, restingPause) : interval);
      });
    };
    poll(interval);
    return () => cancel();
  }

  /** The worker has loaded its app, or has room again for the listeners it lost. */
  queue(worker: WorkerHandle): void {
    // Two masters count by the same order now; it asks again.
    if (worker.state.is === "ready" && this.#steering.isFrozen) return;
    this.#turns.queue(worker);
  }

  /** The worker listens. `kept` says why its sockets did not come, where they were wanted. */
  join(worker: WorkerHandle, sharingFailure: string | undefined): void {
    if (sharingFailure === undefined) this.#steering.join(worker);
    else this.#steering.giveUp(sharingFailure);
    this.#turns.finish(worker);
  }

  /** The worker's process is gone. */
  leave(worker: WorkerHandle): void {
    this.#steering.leave(worker);
    this.#turns.finish(worker);
  }

  /** Sends copies of all listening sockets to a successor, where both can; gives the processes that serve. */
  handOver(fdInbox: string | null): Pick<Handover, "workers" | "areSent"> {
    if (fdInbox === null || !this.isSteered) {
      return { workers: this.#workerTable.bySlot().map(({ process }) => process.pid), areSent: false };
    }
    return { workers: this.#steering.handOver(fdInbox), areSent: true };
  }

  /** The successor steers from now on. */
  suspend(): void {
    this.#steering.suspend();
  }

  /** False while strangers listen, such as workers that an upgrade left when it failed. */
  get isOrderKnown(): boolean {
    return this.#steering.isOrderKnown;
  }

  /** Leaves new connections to the kernel. */
  giveUp(reason: string): void {
    this.#steering.giveUp(reason);
  }

  /** There will be no successor, and none of its workers is left. */
  resume(): void {
    this.#steering.takeOver();
  }

  /** Gives the new connections to whom they belong now. */
  reconcile(): void {
    this.#steering.update(this.#workerTable.eligible());
  }

  /** Lets nobody new in; those who wait are still served. False where that cannot be done, or nobody comes. */
  refuse(): boolean {
    return !this.#isResting && this.#steering.refuse();
  }

  /** Ends the listening of all workers. */
  shut(): void {
    this.#steering.shut();
  }

  /** Nobody is left to take them: every worker closes its own listeners. */
  release(): void {
    this.#steering.release();
  }
}
