/**
 * A worker from the perspective of the master: its process, its channel and its state. What the worker process
 * itself does is in `src/worker/`.
 */

import type { Member } from "../../core/pool/goal.ts";
import {
  boot,
  isWanted,
  postpone,
  step,
  type WorkerEvent,
  type WorkerState,
} from "../../core/pool/worker_state.ts";
import { encodeFrame } from "../../protocol/framing.ts";
import { Conversation } from "../../protocol/conversation.ts";
import type { Failure, FromWorker, PauseReason, ToWorker, WorkerRole } from "../../protocol/messages.ts";
import type { ChildProcess, Connection, FdPair } from "../../system/system.ts";
import type { Generation } from "./generation.ts";
import { firstSlot } from "./scoreboard.ts";

type WorkerIdentity =
  & Readonly<Record<"gen" | "pid", number>>
  & { readonly thread?: number }
  & (
    | { readonly worker: number }
    | { readonly taskWorker: number }
  );

export class WorkerHandle {
  /** Its slot in the scoreboard. */
  readonly slot: number;
  readonly role: WorkerRole;
  /** From 0 among the workers of its role, for the log. */
  readonly number: number;
  readonly generation: Generation;
  readonly process: ChildProcess;
  /** Over it the worker sends copies of its listening sockets; `null` if the master does not want them. */
  readonly fdPair: FdPair | null;
  /** By the monotonic clock. */
  readonly bornAt: number;
  #state: WorkerState;
  #failure: Failure | null = null;
  #isDueForRecycling = false;
  #pausedBecause: PauseReason | null = null;
  #lostChannelAt: number | null = null;
  #hasBeenReady = false;
  /** `new` until the pool has decided. */
  #role: "new" | "spare" | "active" = "new";
  #connection: Connection | null = null;
  readonly #conversation = new Conversation();
  readonly #disconnected = Promise.withResolvers<void>();

  constructor(
    slot: number,
    generation: Generation,
    process: ChildProcess,
    now: number,
    fdPair: FdPair | null = null,
    role: WorkerRole = "requests",
  ) {
    this.fdPair = fdPair;
    this.slot = slot;
    this.role = role;
    this.number = slot - firstSlot(role);
    this.generation = generation;
    this.process = process;
    this.bornAt = now;
    this.#state = boot(now);
  }

  get state(): WorkerState {
    return this.#state;
  }

  /** The error that the worker itself reported and cannot recover from; `null` if it reported none. */
  get failure(): Failure | null {
    return this.#failure;
  }

  /** The identity in every log line about this worker. */
  get identity(): WorkerIdentity {
    const name = this.role === "tasks" ? { taskWorker: this.number } : { worker: this.number };
    const { pid, thread } = this.process;
    const place = thread === undefined ? { pid } : { pid, thread: thread.number };
    return { ...name, gen: this.generation.number, ...place };
  }

  get isConnected(): boolean {
    return this.#connection !== null;
  }

  /** It is ready, and its channel is open: a killed worker loses its channel before its exit is reported. */
  get isServing(): boolean {
    return this.#state.is === "ready" && this.#lostChannelAt === null;
  }

  /** It may still accept connections, although other workers should get them. */
  get isAccepting(): boolean {
    return (this.#state.is === "ready" || this.#state.is === "draining") && this.#lostChannelAt === null;
  }

  get hasBeenReady(): boolean {
    return this.#hasBeenReady;
  }

  /** What it still says does not count. */
  get isDistrusted(): boolean {
    return this.#state.is === "killed" && this.#state.because === "broke-protocol";
  }

  /** Resolves when everything it sent has been read; at once if it never connected. */
  get disconnected(): Promise<void> {
    return this.isConnected ? this.#disconnected.promise : Promise.resolve();
  }

  /** True once its configuration was sent. */
  get isConfigured(): boolean {
    return this.#conversation.isConfigured;
  }

  /** True once it has reached a limit such as `max-requests`: it serves until its replacement is ready. */
  get isDueForRecycling(): boolean {
    return this.#isDueForRecycling;
  }

  /** It is ready, and other workers get the new connections until it is promoted. */
  get isSpare(): boolean {
    return this.#role === "spare";
  }

  /** Why it wants no new connections for now; `null` if it does. */
  get pausedBecause(): PauseReason | null {
    return this.#pausedBecause;
  }

  get isPaused(): boolean {
    return this.#pausedBecause !== null;
  }

  /** From now on it gets new connections. */
  promote(): void {
    this.#role = "active";
  }

  /** Other workers are enough for now. */
  becomeSpare(): void {
    if (this.#role === "new" && this.#state.is === "ready") this.#role = "spare";
  }

  connect(connection: Connection): void {
    this.#connection = connection;
  }

  /** Its channel has closed. */
  disconnect(now: number): void {
    this.#lostChannelAt ??= now;
    this.#disconnected.resolve();
  }

  /** For how many milliseconds its channel has been closed. */
  lostChannelFor(now: number): number {
    return this.#lostChannelAt === null ? 0 : now - this.#lostChannelAt;
  }

  markForRecycling(): void {
    this.#isDueForRecycling = true;
  }

  /** Resolves when the message is on its way, or cannot be. */
  async send(message: ToWorker): Promise<void> {
    this.#conversation.sent(message);
    await this.#connection?.send(encodeFrame(message));
  }

  /** The same for whole frames of messages that may be sent at any time. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    await this.#connection?.send(bytes);
  }

  /** For how many milliseconds it has been able to boot. */
  bootingFor(now: number): number {
    return this.#state.is === "booting" ? now - this.#state.since : 0;
  }

  /** Steps its state and performs the action that follows. */
  apply(event: WorkerEvent, now: number): void {
    // The app of the first generation is bundled and prepared while its workers start.
    if (event.type === "tick" && this.generation.bundle === null && this.#state.is === "booting") {
      this.#state = boot(now);
      return;
    }
    const { state, action } = step(this.#state, event, now, this.generation.settings);
    this.#state = state;
    if (state.is === "ready") this.#hasBeenReady = true;
    switch (action?.type) {
      case "drain":
        this.send(action);
        break;
      case "kill":
        this.process.kill("SIGKILL");
        break;
    }
    if (state.is !== "gone") return;
    this.#connection?.close();
    this.fdPair?.inbox.close();
  }

  /** Moves its deadlines by `ms` milliseconds in which the master could not read messages. */
  postpone(ms: number): void {
    this.#state = postpone(this.#state, ms);
  }

  /** Why it is not the turn of this worker to send `message`; `null` if it is. */
  objectionTo(message: FromWorker): string | null {
    return this.#conversation.objectionTo(message);
  }

  /** Keeps the failure in a message, and returns the event of the state machine that the message stands for, if any. */
  receive(message: FromWorker): WorkerEvent | null {
    switch (message.type) {
      case "loaded":
      case "ready":
        return { type: message.type };
      case "failed":
        this.#failure = message.failure;
        return null;
      case "draining":
        this.#failure = message.failure ?? null;
        return { type: "draining" };
      case "paused":
        this.#pausedBecause = message.because;
        return null;
      case "hello":
      case "closed":
      case "counters":
      case "tasks-added":
      case "task-report":
      case "task-answer":
      case "description":
      case "channel-open":
      case "channel-close":
      case "channel-post":
      case "thread-started":
      case "thread-ended":
      case "hook-done":
        return null;
    }
  }

  member(): Member {
    const is = isWanted(this.#state) ? this.#state.is as "booting" | "ready" : "leaving";
    const { pid, thread } = this.process;
    return {
      ...(thread === undefined ? {} : { process: pid }),
      slot: this.number,
      generation: this.generation.number,
      is,
      dueForRecycling: this.#isDueForRecycling,
      isSpare: this.#role !== "active",
    };
  }
}
