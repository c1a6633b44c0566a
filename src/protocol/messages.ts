/**
 * The link between the master and one worker: what each side may say. Both run the same executable, so the
 * messages need no version; a token proves that the process on the other end is the one that was spawned.
 */

import type { ErrorCode } from "../core/errors.ts";

/** Names of the environment variables that tell a spawned process it is a worker. */
export const workerEnvironment = {
  link: "DENICORN_WORKER_LINK",
  token: "DENICORN_WORKER_TOKEN",
} as const;

export interface Address {
  readonly hostname: string;
  readonly port: number;
}

export interface LogOrders {
  readonly level: "debug" | "info" | "warning" | "error";
  readonly format: "text" | "json";
  readonly errorLogfile: string;
  readonly accessLogfile: string | null;
}

/** All a worker needs to know to serve. Durations in milliseconds. */
export interface WorkerOrders {
  readonly slot: number;
  readonly generation: number;
  /** Absolute path of the app's source, for messages. */
  readonly source: string;
  /** Absolute path of the bundle to import. */
  readonly bundle: string;
  readonly exportName: string;
  /** Empty: load the app, report and stay silent (`denicorn check`). */
  readonly listen: readonly Address[];
  readonly backlog: number;
  readonly gracefulTimeout: number;
  readonly beatInterval: number;
  readonly log: LogOrders;
  /** Removed by a worker whose master vanished. */
  readonly runtimeDirectory: string;
}

export type ToWorker =
  | { readonly type: "load"; readonly orders: WorkerOrders }
  | { readonly type: "drain" }
  | { readonly type: "reopen" };

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: string | undefined;
}

export type FromWorker =
  | { readonly type: "hello"; readonly token: string }
  | { readonly type: "ready"; readonly addresses: readonly Address[] }
  /** It cannot boot and exits now. */
  | { readonly type: "failed"; readonly failure: Failure }
  /** It finishes by itself: told by a signal, or after an error nobody caught. */
  | { readonly type: "draining"; readonly failure?: Failure | undefined }
  | { readonly type: "beat"; readonly requests: number; readonly inFlight: number };

/** The shape every message shares; the rest is trusted, since the token was. */
export function isMessage(value: unknown): value is { readonly type: string } {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
