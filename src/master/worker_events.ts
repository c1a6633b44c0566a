/** What follows from a worker's messages and from its exit: it becomes ready, fails to boot, finishes or dies. */

import { type DenicornError, toDenicornError } from "../core/errors.ts";
import { endingOf, stateAtEnd } from "../core/pool/death.ts";
import { isWanted, type KillReason, type WorkerState } from "../core/pool/worker_state.ts";
import type { FromWorker } from "../protocol/messages.ts";
import { decodeBytes } from "../protocol/framing.ts";
import type { Clock, ExitStatus, TcpAddress } from "../system/system.ts";
import type { Generations } from "./generations/generations.ts";
import type { ListenOrder } from "./listeners/listen_order.ts";
import { endLostWorkers } from "./pool/lost_channels.ts";
import type { RestartPolicy } from "./pool/restart_policy.ts";
import type { WorkerPool } from "./pool/worker_pool.ts";
import type { ServerCounters } from "./telemetry/counters.ts";
import type { LifecycleLog } from "./telemetry/lifecycle_log.ts";
import type { Reload } from "./transitions/reload.ts";
import type { Shutdown } from "./transitions/shutdown.ts";
import { bootFailure } from "./workers/boot_failure.ts";
import type { MasterEvent } from "./workers/events.ts";
import type { WorkerDescription } from "../core/telemetry/worker_description.ts";
import type { Generation } from "./workers/generation.ts";
import type { Scoreboard } from "./workers/scoreboard.ts";
import type { WorkerHandle } from "./workers/worker_handle.ts";
import type { WorkerTable } from "./workers/worker_table.ts";

interface WorkerEventsOptions {
  readonly clock: Clock;
  readonly workerTable: WorkerTable;
  readonly scoreboard: Scoreboard;
  readonly lifecycle: LifecycleLog;
  readonly restartPolicy: RestartPolicy;
  readonly listenOrder: ListenOrder;
  readonly counters: ServerCounters;
  readonly generations: Generations;
  readonly pool: WorkerPool;
  readonly reload: Reload;
  readonly shutdown: Shutdown;
  /**
   * Throws if an address that the first worker asks for is in use; `null` if that is known already. The result lets it
   * listen there.
   */
  readonly requireFree: ((addresses: readonly TcpAddress[]) => Promise<() => void>) | null;
  /** Nobody else gets the addresses of the setting until then. */
  readonly leaveAddresses: () => void;
  /** What it says about tasks; false if the message is about something else. */
  readonly handleTaskMessage: (worker: WorkerHandle, message: FromWorker) => boolean;
  /** It has answered what it does now. */
  readonly described: (worker: WorkerHandle, number: number, description: WorkerDescription) => void;
  readonly isUsed: (generation: Generation) => boolean;
  readonly post: (event: MasterEvent) => void;
}

export class WorkerEvents {
  readonly #options: WorkerEventsOptions;
  readonly #firstReady = Promise.withResolvers<void>();
  #everReady = false;
  /** How many workers have missed their turn to listen at the start. */
  #skipped = 0;

  constructor(options: WorkerEventsOptions) {
    this.#options = options;
  }

  /** Resolves when the first worker is ready. */
  get firstReady(): Promise<void> {
    return this.#firstReady.promise;
  }

  /** False until the first worker is ready: until then a failure ends the start. */
  get everReady(): boolean {
    return this.#everReady;
  }

  handleMessage(worker: WorkerHandle, message: FromWorker): void {
    const { scoreboard, lifecycle, listenOrder, restartPolicy, pool, shutdown, clock } = this.#options;
    if (worker.isDistrusted) return;
    const objection = worker.objectionTo(message) ?? this.#objectionTo(worker, message);
    if (objection !== null) return this.distrust(worker, objection);
    if (this.#options.handleTaskMessage(worker, message)) return;
    const wasReady = worker.state.is === "ready";
    const event = worker.receive(message);
    if (message.type === "ready" && isWanted(worker.state)) {
      const failure = listenOrder.join(worker, message.addresses, message.sharingFailure);
      if (failure !== null) return this.#end(worker, "sockets-missing", failure);
    }
    if (event !== null) worker.apply(event, clock.monotonic());
    switch (message.type) {
      case "loaded":
        if (isWanted(worker.state)) this.#admit(worker, message.addresses);
        return;
      case "ready":
        // A worker that was ready before had lost its listeners and opened new ones.
        if (worker.state.is !== "ready") return;
        worker.generation.hasServed = true;
        if (!wasReady) this.#becameReady(worker);
        return;
      case "closed":
        return listenOrder.leave(worker);
      case "counters":
        return scoreboard.accept(worker.slot, decodeBytes(message.bytes));
      case "description":
        return this.#options.described(worker, message.number, message.description);
      case "paused":
        return lifecycle.paused(worker, clock.monotonic());
      case "draining":
        if (message.failure === undefined || shutdown.inProgress) return;
        return restartPolicy.record(worker, "finishing", "crash", pool.size);
      default:
        return;
    }
  }

  /** Lets it listen when it is its turn, if it asks for the same addresses as the others. */
  #admit(worker: WorkerHandle, asked: readonly TcpAddress[] | undefined): void {
    const { listenOrder, requireFree, leaveAddresses, post, shutdown } = this.#options;
    if (worker.hasBeenReady) return listenOrder.queue(worker);
    const isFirst = listenOrder.isOpen;
    const reason = listenOrder.grant(asked);
    if (reason !== null) return void worker.send({ type: "refuse", reason });
    if (isFirst) leaveAddresses();
    if (isFirst && requireFree !== null) {
      listenOrder.hold();
      const release = (leave: () => void) => {
        leave();
        listenOrder.release();
      };
      requireFree(listenOrder.addresses).then(
        (leave) => post({ type: "command", begin: () => release(leave) }),
        (error) => post({ type: "command", begin: () => shutdown.halt(toDenicornError(error)) }),
      );
    }
    listenOrder.queue(worker);
  }

  /** Only the master knows the addresses. */
  #objectionTo(worker: WorkerHandle, message: FromWorker): string | null {
    if (message.type !== "ready" || this.#options.listenOrder.accepts(message.addresses)) return null;
    return `"ready" on addresses that worker ${worker.slot} was not asked to listen on`;
  }

  /** The worker sent what no worker sends: it is ended and replaced, and the master does nothing else about it. */
  distrust(worker: WorkerHandle, detail: string): void {
    this.#end(worker, "broke-protocol", detail);
  }

  #end(worker: WorkerHandle, because: KillReason, detail: string): void {
    worker.apply({ type: "kill", because, detail }, this.#options.clock.monotonic());
  }

  tick(): void {
    const { workerTable, restartPolicy, pool, clock } = this.#options;
    const distrust = (worker: WorkerHandle, reason: string) => this.distrust(worker, reason);
    endLostWorkers({ workerTable, restartPolicy, target: pool.size, distrust }, clock.monotonic());
  }

  #becameReady(worker: WorkerHandle): void {
    const { lifecycle, restartPolicy, pool, reload, clock, workerTable } = this.#options;
    const ready = workerTable.readyOf(worker.generation.number);
    lifecycle.ready(worker, clock.monotonic(), restartPolicy.isCrashLoop(pool.size), {
      ready,
      workers: pool.size,
    });
    this.#everReady = true;
    this.#firstReady.resolve();
    reload.step({ type: "canary-ready", generation: worker.generation.number });
  }

  handleExit(worker: WorkerHandle, status: ExitStatus): void {
    const {
      workerTable,
      listenOrder,
      counters,
      generations,
      lifecycle,
      restartPolicy,
      pool,
      shutdown,
      clock,
    } = this.#options;
    const before = stateAtEnd(worker.state, status);
    const ending = endingOf(before, status, worker.failure !== null, worker.generation.heapLimit);
    worker.apply({ type: "exit" }, clock.monotonic());
    workerTable.remove(worker);
    listenOrder.leave(worker);
    counters.addGone(worker);
    generations.prune(this.#options.isUsed);

    if (shutdown.inProgress || ending.is === "expected") {
      if (this.#everReady) lifecycle.ended(worker, ending);
      return;
    }
    const isEndOfBoot = !worker.hasBeenReady && !this.#mayBeSkipped(before) &&
      this.failBoot(worker.generation, () => bootFailure(worker, before, status));
    if (!isEndOfBoot) restartPolicy.record(worker, ending.text, ending.cause, pool.size);
  }

  /** One worker whose event loop is blocked does not end the start while others wait for their turn to listen. */
  #mayBeSkipped(before: WorkerState): boolean {
    const { workerTable, pool } = this.#options;
    if (this.#everReady || before.is !== "killed" || before.because !== "listen-timeout") return false;
    return workerTable.isAnyBooting && ++this.#skipped < pool.target;
  }

  /** Handles a worker that was never ready, if it ends the start or a reload; false if it ends neither. */
  failBoot(generation: Generation, failure: () => DenicornError): boolean {
    const { shutdown, reload } = this.#options;
    if (shutdown.inProgress) return true;
    if (this.#everReady) return reload.failBoot(generation, failure);
    shutdown.halt(failure());
    return true;
  }
}
