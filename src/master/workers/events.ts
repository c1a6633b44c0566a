import type { DenicornError } from "../../core/errors.ts";
import type { HandledSignal } from "../../core/signals.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import type { Connection, ExitStatus } from "../../system/system.ts";
import type { AppBundle, Generation } from "./generation.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** Everything that can happen to a master. */
export type MasterEvent =
  | { readonly type: "signal"; readonly signal: HandledSignal }
  /** A worker has opened its channel and identified itself. */
  | {
    readonly type: "connected";
    readonly worker: WorkerHandle;
    readonly connection: Connection;
    readonly version: string;
  }
  | { readonly type: "message"; readonly worker: WorkerHandle; readonly message: FromWorker }
  /** A worker sent what is not a message. */
  | { readonly type: "malformed"; readonly worker: WorkerHandle; readonly reason: string }
  /** The channel of a worker has closed, before the exit of its process is reported: it gets no new connections now. */
  | { readonly type: "disconnected" }
  | { readonly type: "exit"; readonly worker: WorkerHandle; readonly status: ExitStatus }
  /** The settings of a generation were read and its app is bundled. */
  | { readonly type: "built"; readonly generation: Generation; readonly bundle: AppBundle }
  | { readonly type: "build-failed"; readonly number: number; readonly error: DenicornError }
  /** The event loop of a worker was blocked, is responsive again, or the worker was killed for it. */
  | { readonly type: "heartbeats-changed" }
  /** The master that an upgrade started has ended. */
  | { readonly type: "successor-ended"; readonly status: ExitStatus }
  /** Another master serves now. */
  | { readonly type: "retire" }
  /** A command from the control socket or the admin address can begin. */
  | { readonly type: "command"; readonly begin: () => void }
  /** A wait is over, such as the back-off before a replacement. */
  | { readonly type: "wake" }
  | { readonly type: "tick" };

/**
 * Passes events to a handler one at a time. Events that are posted while another one is handled, or before `run`, wait
 * in the queue.
 */
export class EventQueue {
  readonly #waiting: MasterEvent[] = [];
  #handle: ((event: MasterEvent) => void) | null = null;
  #isBusy = false;

  run(handle: (event: MasterEvent) => void): void {
    this.#handle = handle;
    this.#deliver();
  }

  post(event: MasterEvent): void {
    this.#waiting.push(event);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#isBusy || this.#handle === null) return;
    this.#isBusy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        this.#handle(next);
      }
    } finally {
      this.#isBusy = false;
    }
  }
}
