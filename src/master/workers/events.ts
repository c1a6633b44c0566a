import type { DenicornError } from "../../core/errors.ts";
import type { HandledSignal } from "../../core/signals.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import type { Connection, ExitStatus } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";
import type { AppBundle, Generation } from "./generation.ts";

/** Everything that can happen to a master. */
export type MasterEvent =
  | { readonly type: "signal"; readonly signal: HandledSignal }
  | {
    readonly type: "connected";
    readonly worker: WorkerHandle;
    readonly connection: Connection;
    readonly version: string;
  }
  | { readonly type: "message"; readonly worker: WorkerHandle; readonly message: FromWorker }
  | { readonly type: "exit"; readonly worker: WorkerHandle; readonly status: ExitStatus }
  /** Settings were read anew for a reload. */
  | { readonly type: "renewed"; readonly generation: Generation }
  | { readonly type: "built"; readonly generation: Generation; readonly bundle: AppBundle }
  | { readonly type: "build-failed"; readonly number: number; readonly error: DenicornError }
  /** The end of a link comes sooner than the exit of the process: a killed worker gets no connections from here on. */
  | { readonly type: "disconnected" }
  /** The master that an upgrade started has ended. */
  | { readonly type: "successor-ended"; readonly status: ExitStatus }
  /** Another master serves now. */
  | { readonly type: "retire" }
  /** A command over the control socket has its turn. */
  | { readonly type: "asked"; readonly begin: () => void }
  /** Workers were held up, or turn again. */
  | { readonly type: "stalled" }
  | { readonly type: "tick" };
