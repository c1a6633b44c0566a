/**
 * The channel between the master and one worker: what each side may send. Both run the same version, unless the
 * executable was replaced; a token proves that the process at the other end is the one that was spawned. But the app
 * runs in that process, too, so the master checks every message (`src/protocol/worker_message.ts`), and whether it is
 * its turn (`src/protocol/conversation.ts`).
 */

import type { DenicornError, ErrorCode } from "../core/errors.ts";
import type { HookName } from "../core/hook_table.ts";
import type { LogConfig } from "../log/logger.ts";
import { type ConfigFile, httpSettingKeys, type SettingKey, type Settings } from "../settings/settings.ts";
import type { Certificate, ListenAddress, SharedSource, TcpAddress } from "../system/system.ts";
import type { ChannelMessage, ChannelPost } from "./channel_messages.ts";
import { clip } from "./framing.ts";
import type { WorkerDescription } from "../core/telemetry/worker_description.ts";
import type { HookPlace } from "./hook_messages.ts";
import type { TaskConfig, TaskReport, TaskRequest } from "./task_messages.ts";
import type { ThreadEnded, ThreadStarted } from "./thread_messages.ts";

/** Names of the environment variables that make a spawned process a worker. */
export const workerEnvironment = {
  channel: "DENICORN_WORKER_CHANNEL",
  token: "DENICORN_WORKER_TOKEN",
  /**
   * How long the worker may be blocked, in milliseconds, or 0. A start that finds it on its address reads it under /proc.
   */
  blockingLimit: "DENICORN_WORKER_BLOCKING_LIMIT",
} as const;

/** In the environment of a worker: its slot, under the name that programs for PM2 read. */
export const instanceVariable = "NODE_APP_INSTANCE";

/** In the environment of a binary's app: what it starts from `Deno.execPath()` is not meant to be another server. */
export const appProcessVariable = "DENICORN_APP_PROCESS";

/** In the runtime directory of a dead master: where its workers send their listening sockets, to its successor. */
export function successorInbox(runtimeDirectory: string): string {
  return `${runtimeDirectory}/successor.sock`;
}

/** The settings that a worker gets unchanged. */
export const sentSettings = [
  "args",
  "appType",
  "workerClass",
  "backlog",
  "bootTimeout",
  "timeout",
  "gracefulTimeout",
  "shutdownTimeout",
  "drainIdle",
  "killGroup",
  "procName",
  "appPermissions",
  "slowRequest",
  "logLevel",
  "logFormat",
  "errorLogfile",
  "accessLogfile",
  "accessLogformat",
  "accessLogSample",
  "accessLogSkip",
  "captureOutput",
  "watch",
  ...httpSettingKeys,
] as const satisfies readonly SettingKey[];

/** Everything a worker needs to know to serve. Durations in milliseconds. */
export interface WorkerConfig extends Pick<Settings, typeof sentSettings[number]>, LogConfig {
  /** Its slot in the scoreboard. */
  readonly place: number;
  /** As the log names it: from 0 among the workers of its role. */
  readonly slot: number;
  /** Which thread of its process it is; `null` for the process itself. */
  readonly thread: number | null;
  /** `tasks`: it runs tasks, and listens nowhere. */
  readonly role: WorkerRole;
  /** `null` if the app has no tasks. */
  readonly tasks: TaskConfig | null;
  readonly generation: number;
  /** For the app, as a config file would give them; secrets are hidden. */
  readonly settings: ConfigFile;
  /** False once a worker of the generation has served: the next ones serve, too, if a log cannot be opened any more. */
  readonly areLogsRequired: boolean;
  /** Absolute path of the app's source, for messages. */
  readonly source: string;
  /** Absolute path of the bundle to import. */
  readonly bundle: string;
  readonly exportName: string;
  /** The unstable features of the runtime that its deno.json names. */
  readonly unstable: readonly string[];
  /** False: the module has no such export, and starts servers of its own. */
  readonly exportsApp: boolean;
  /** Those of the config file that belong to workers; `null` if it has none. */
  readonly hooks: (HookPlace & { readonly names: readonly HookName[] }) | null;
  /** TCP only. Without Unix sockets either: load the app, report that, and do not listen (`denicorn check`). */
  readonly listen: readonly ListenAddress[];
  /** Unix sockets that the worker inherits, and accepts from where the master says so. */
  readonly sharedSockets: readonly SharedSource[];
  /** `null`: there is no TLS. The keys are nowhere but in this message. */
  readonly certificates: readonly [Certificate, ...Certificate[]] | null;
  /** `listen` is only the default: a program that starts its own servers listens where it asks to. */
  readonly isBindDefault: boolean;
  /** The inherited descriptor over which the master gets copies of the listening sockets; `null` if it wants none. */
  readonly fdInbox: number | null;
  readonly heartbeatInterval: number;
  readonly restingHeartbeatInterval: number;
  /** The inherited descriptor of the scoreboard; `null` if there is none. */
  readonly scoreboard: number | null;
  /** Milliseconds that it has from now on to load the app: it can still report then why it could not. */
  readonly loadTimeout: number;
  /** The path on which the app must answer 2xx before the worker listens, and how long that may take from now. */
  readonly readiness: { readonly path: string; readonly timeout: number } | null;
  /** A worker removes it when its master is gone. */
  readonly runtimeDirectory: string;
}

export type WorkerRole = "requests" | "tasks";

export type ToWorker =
  | { readonly type: "load"; readonly config: WorkerConfig }
  /** Listen now: workers listen one after another. */
  | { readonly type: "listen" }
  /** Accept from these of `sharedSockets`, by their numbers, and from no others. */
  | { readonly type: "accept"; readonly sockets: readonly number[] }
  /** Do not listen, because other workers listen elsewhere: report `reason` and exit. */
  | { readonly type: "refuse"; readonly reason: string }
  /**
   * Finish and exit. `handedOver`: from now on other workers get the new connections. `isRestart`: because of a reload or
   * an upgrade, so that clients of WebSockets may connect again at once.
   */
  | { readonly type: "drain"; readonly handedOver: boolean; readonly isRestart: boolean }
  /**
   * If the master dies, process `pid` takes its place: serve until that process sends SIGTERM, but not longer than
   * `timeout` milliseconds. `null`: it starts at any moment. With 0 there is no such process.
   */
  | { readonly type: "successor"; readonly pid: number | null; readonly timeout: number }
  /** From `at` on, by the wall clock, this worker runs the jobs of Deno.cron, or does not run them any more. */
  | { readonly type: "jobs"; readonly held: boolean; readonly at: number }
  /** There may be new tasks. */
  | { readonly type: "wake-tasks" }
  /** The process that took tasks as `owner` is gone: others may take them. */
  | { readonly type: "release-tasks"; readonly owner: string }
  /** The server stops at once: give back the tasks that run, and exit. */
  | { readonly type: "give-back-tasks" }
  /** An operator asks what it does now. */
  | { readonly type: "describe"; readonly number: number }
  /** Answer with `task-answer` and the same number. */
  | { readonly type: "task-request"; readonly number: number; readonly request: TaskRequest }
  /** Another worker has posted it. */
  | ChannelPost
  /** With `watch`: why the newest version of the app does not serve, for the pages of this one. */
  | { readonly type: "app-broken"; readonly reason: string }
  | { readonly type: "reopen" };

export const pauseReasons = ["app", "open-files"] as const;
/** `app`: it has called `ready(false)`. `open-files`: too few file descriptors are free. */
export type PauseReason = typeof pauseReasons[number];

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly detail?: string | undefined;
}

/** What the master needs to know about an error, short enough for one message. */
export function toFailure({ code, message, detail }: DenicornError): Failure {
  return { code, message: clip(message), detail: detail === undefined ? undefined : clip(detail) };
}

export type FromWorker =
  | { readonly type: "hello"; readonly token: string; readonly version: string }
  /**
   * The worker can listen: the app is loaded, or listeners were lost and there are file descriptors for new ones.
   * `addresses`: where its program asks to listen, if that is not `listen`.
   */
  | { readonly type: "loaded"; readonly addresses?: readonly TcpAddress[] | undefined }
  /** The worker listens. `sharingFailure`: why the master did not get copies of the listening sockets it wanted. */
  | {
    readonly type: "ready";
    readonly addresses: readonly TcpAddress[];
    readonly sharingFailure?: string | undefined;
  }
  /** The worker cannot boot and exits now. */
  | { readonly type: "failed"; readonly failure: Failure }
  /** The worker finishes without an order of the master: after a signal or an uncaught error. */
  | { readonly type: "draining"; readonly failure?: Failure | undefined }
  /** The worker wants no new connections for now, for this reason; `null`: it wants them again. */
  | { readonly type: "paused"; readonly because: PauseReason | null }
  /** The worker accepts no more connections; the master must close its copies of the listening sockets too. */
  | { readonly type: "closed" }
  | ChannelMessage
  /** The app has added tasks. */
  | { readonly type: "tasks-added" }
  | { readonly type: "task-report"; readonly report: TaskReport }
  /** `answer` is JSON. One of the two is there. */
  | {
    readonly type: "task-answer";
    readonly number: number;
    readonly answer?: string | undefined;
    readonly failure?: string | undefined;
  }
  /** The answer to `describe`. */
  | { readonly type: "description"; readonly number: number; readonly description: WorkerDescription }
  /** The bytes of the worker's slot, if the master cannot read them from shared memory. */
  | { readonly type: "counters"; readonly bytes: string }
  /** Only a process of threads says these, for one of them. */
  | ThreadStarted
  | ThreadEnded
  /** Only a hook process says this: a call has ended. Number 0: an error that nothing caught, outside of all calls. */
  | { readonly type: "hook-done"; readonly number: number; readonly failure?: Failure | undefined };
