/** One worker process as the master holds it: the process, its link, and what is known of it. */

import type { Member } from "../../core/pool/plan.ts";
import {
  boot,
  isWanted,
  postpone,
  step,
  type WorkerEvent,
  type WorkerState,
} from "../../core/pool/worker_state.ts";
import { encodeFrame } from "../../protocol/framing.ts";
import type { Failure, FromWorker, ToWorker } from "../../protocol/messages.ts";
import type { ChildProcess, Connection } from "../../system/system.ts";
import type { Generation } from "./generation.ts";

/** The last beat the master saw. */
export interface Heartbeat {
  readonly heartbeat: number;
  /** Monotonic; moved on by the time in which the master itself could not look. */
  readonly at: number;
}

export class WorkerHandle {
  readonly slot: number;
  readonly generation: Generation;
  readonly process: ChildProcess;
  readonly bornAt: number;
  state: WorkerState;
  /** What it said when it could not go on. */
  failure: Failure | null = null;
  /** True once it was given its orders. */
  isConfigured = false;
  /** Its event loop is held up. */
  isStalled = false;
  /** It has served long enough and is to be replaced. */
  dueForRecycling = false;
  /** `null` until it serves. */
  heartbeat: Heartbeat | null = null;
  #connection: Connection | null = null;
  /** Its link has ended: it is gone, or will be in a moment. */
  isLost = false;
  readonly #disconnected = Promise.withResolvers<void>();

  constructor(slot: number, generation: Generation, process: ChildProcess, now: number) {
    this.slot = slot;
    this.generation = generation;
    this.process = process;
    this.bornAt = now;
    this.state = boot(now);
  }

  /** The identity that stands in every log line about it. */
  get identity(): { readonly worker: number; readonly gen: number; readonly pid: number } {
    return { worker: this.slot, gen: this.generation.number, pid: this.process.pid };
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  connect(connection: Connection): void {
    this.#connection = connection;
  }

  /** The link has ended, and everything that came over it was read. */
  disconnect(): void {
    this.isLost = true;
    this.#disconnected.resolve();
  }

  /** Settles when there is nothing more to be heard from it. */
  get disconnected(): Promise<void> {
    return this.isConnected ? this.#disconnected.promise : Promise.resolve();
  }

  send(message: ToWorker): void {
    void this.#connection?.send(encodeFrame(message));
  }

  /** Steps the state and performs what the step asks for. */
  apply(event: WorkerEvent, now: number): void {
    const { state, action } = step(this.state, event, now, this.generation.settings);
    this.state = state;
    switch (action?.type) {
      case "drain":
        this.send({ type: "drain", handedOver: action.handedOver });
        break;
      case "kill":
        this.process.kill("SIGKILL");
        break;
    }
    if (state.is === "gone") this.#connection?.close();
  }

  /** Moves its deadlines by `ms` in which the master could not listen. */
  postpone(ms: number): void {
    this.state = postpone(this.state, ms);
  }

  /** Takes note of a message and says which event of its life it is, if any. */
  receive(message: FromWorker): WorkerEvent | null {
    switch (message.type) {
      case "ready":
        return { type: "ready" };
      case "failed":
        this.failure = message.failure;
        return null;
      case "draining":
        this.failure = message.failure ?? null;
        return { type: "draining" };
      case "hello":
      case "loaded":
      case "closed":
      case "counters":
        return null;
    }
  }

  member(): Member {
    const { state } = this;
    const is = isWanted(state) ? state.is as "booting" | "ready" : "leaving";
    return { slot: this.slot, generation: this.generation.number, is, dueForRecycling: this.dueForRecycling };
  }
}
