/**
 * The link between the master and one worker: what each side may say. Both run the same version, unless the
 * executable was replaced; a token proves that the process on the other end is the one that was spawned.
 */

import type { ErrorCode } from "../core/errors.ts";

/** Names of the environment variables that tell a spawned process it is a worker. */
export const workerEnvironment = {
  channel: "DENICORN_WORKER_CHANNEL",
  token: "DENICORN_WORKER_TOKEN",
} as const;

export interface Address {
  readonly hostname: string;
  readonly port: number;
}

export interface LogConfig {
  readonly level: "debug" | "info" | "warning" | "error";
  readonly format: "text" | "json";
  readonly errorLogfile: string;
  readonly accessLogfile: string | null;
}

/** All a worker needs to know to serve. Durations in milliseconds. */
export interface WorkerConfig {
  readonly slot: number;
  readonly generation: number;
  /** Absolute path of the app's source, for messages. */
  readonly source: string;
  /** Absolute path of the bundle to import. */
  readonly bundle: string;
  readonly exportName: string;
  /** Empty: load the app, report and stay silent (`denicorn check`). */
  readonly listen: readonly Address[];
  /** Where the master takes the listening sockets; `null` when it does not want them. */
  readonly fdInbox: string | null;
  readonly backlog: number;
  readonly gracefulTimeout: number;
  readonly heartbeatInterval: number;
  readonly restingHeartbeatInterval: number;
  /** Path of the scoreboard; `null` where there is none. */
  readonly scoreboard: string | null;
  /** From when on a request in flight is told to be slow; 0 for never. */
  readonly slowRequest: number;
  readonly log: LogConfig;
  /** What the app must answer with 2xx before the worker listens, and for how long from now it may take. */
  readonly readiness: { readonly path: string; readonly timeout: number } | null;
  /** How long a connection must carry nothing until it counts as idle when the worker leaves. */
  readonly drainIdle: number;
  /** Removed by a worker whose master vanished. */
  readonly runtimeDirectory: string;
}

export type ToWorker =
  | { readonly type: "load"; readonly config: WorkerConfig }
  /** It is its turn: workers listen one after another. */
  | { readonly type: "listen" }
  /** `handedOver`: new connections go to other workers from now on. */
  | { readonly type: "drain"; readonly handedOver: boolean }
  /**
   * Should the master vanish, process `pid` goes on in its place: serve until that says SIGTERM, but no longer than
   * `within` milliseconds. With 0 nobody does.
   */
  | { readonly type: "successor"; readonly pid: number; readonly timeout: number }
  | { readonly type: "reopen" };

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: string | undefined;
}

export type FromWorker =
  | { readonly type: "hello"; readonly token: string; readonly version: string }
  /** The app is loaded: it could listen now. Also from a worker that lost its listeners and has room for new ones. */
  | { readonly type: "loaded" }
  /** It listens. `kept` says why the master did not get the listening sockets, where it wants them. */
  | {
    readonly type: "ready";
    readonly addresses: readonly Address[];
    readonly sharingFailure?: string | undefined;
  }
  /** It cannot boot and exits now. */
  | { readonly type: "failed"; readonly failure: Failure }
  /** It finishes by itself: told by a signal, or after an error nobody caught. */
  | { readonly type: "draining"; readonly failure?: Failure | undefined }
  /** It accepts no more, and the master shall let go of the listening sockets too. */
  | { readonly type: "closed" }
  /** The bytes of its slot, from a worker whose memory the master does not share. */
  | { readonly type: "counters"; readonly bytes: string };

/** The shape every message shares; the rest is trusted, since the token was. */
export function isMessage(value: unknown): value is { readonly type: string } {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}
