/** The types of hooks in a config file; `core/hook_table.ts` says when each is called. */

import type { HookName } from "../core/hook_table.ts";

/** The server, as the hooks see it that run beside the master. */
export interface HookServer {
  /** The process of the master. */
  readonly pid: number;
  /** That serves, from 1. */
  readonly generation: number;
  /** As the settings name it. */
  readonly app: string;
  /** How many workers there should be. */
  readonly workers: number;
}

/** A worker that is to be started. */
interface NewWorker {
  /** From 0 among the workers of its role. */
  readonly slot: number;
  readonly generation: number;
  /** `tasks`: it runs tasks, and listens nowhere. */
  readonly role: "requests" | "tasks";
}

export interface HookWorker extends NewWorker {
  /** With worker-class threads several workers have the same process. */
  readonly pid: number;
}

/** How a worker ended. */
export interface HookExit {
  readonly code: number;
  /** `null` if it was not ended by one. */
  readonly signal: string | null;
  /** It was drained or stopped; false if it died, or was killed because it did not respond. */
  readonly isExpected: boolean;
  /** As the log describes it. */
  readonly text: string;
}

/** What the app gets with a request, too. */
interface HookRequestInfo {
  readonly remoteAddr: { readonly transport: string; readonly hostname?: string; readonly port?: number };
  readonly completed: Promise<void>;
}

/** What the app made of a request. */
export interface HookAnswer {
  /** Not to be read: its body is the client's. `null` if the app threw. */
  readonly response: Response | null;
  /** 500 if the app threw. */
  readonly status: number;
  /** Milliseconds from the call of the app to its answer. */
  readonly ms: number;
}

type Hook<Parameters extends readonly unknown[]> = ((...parameters: Parameters) => unknown) | undefined;

/** What a config file may export besides settings. */
export interface ConfigHooks {
  readonly onStarting?: Hook<[server: HookServer]>;
  readonly whenReady?: Hook<[server: HookServer]>;
  readonly preSpawn?: Hook<[worker: NewWorker, server: HookServer]>;
  readonly postSpawn?: Hook<[worker: HookWorker, server: HookServer]>;
  readonly postWorkerInit?: Hook<[worker: HookWorker]>;
  readonly preRequest?: Hook<[worker: HookWorker, request: Request, info: HookRequestInfo]>;
  readonly postRequest?: Hook<
    [worker: HookWorker, request: Request, info: HookRequestInfo, answer: HookAnswer]
  >;
  readonly workerInt?: Hook<[worker: HookWorker]>;
  readonly workerAbort?: Hook<[worker: HookWorker]>;
  readonly workerExit?: Hook<[worker: HookWorker]>;
  readonly childExit?: Hook<[worker: HookWorker, exit: HookExit, server: HookServer]>;
  readonly nworkersChanged?: Hook<[count: number, before: number | null, server: HookServer]>;
  readonly onReload?: Hook<[server: HookServer]>;
  readonly preUpgrade?: Hook<[server: HookServer]>;
  readonly onExit?: Hook<[server: HookServer]>;
}

/** What a hook gets. */
export type HookArguments<Name extends HookName> = Parameters<NonNullable<ConfigHooks[Name]>>;

/** The hooks of a config file as it was read. */
export interface DeclaredHooks {
  readonly names: readonly HookName[];
  /** Absolute path of the config file. */
  readonly source: string;
  /** The bundle that exports them. */
  readonly text: string;
}
