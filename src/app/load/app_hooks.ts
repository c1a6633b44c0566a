/** The functions that an app module exports besides its app, for the beginning and the end of a worker. */

import type { ConfigFile } from "../../settings/settings.ts";

/** What `startup`, `shutdown` and `context()` get. */
export interface AppContext {
  /** -1 in `prepare`, which no worker runs. */
  readonly slot: number;
  readonly generation: number;
  /** `tasks`: this process runs tasks, and listens nowhere. */
  readonly role: "requests" | "tasks";
  /** As a config file would give them; secrets are hidden. */
  readonly settings: ConfigFile;
  /** Aborts when the worker begins to finish: the time to end what would go on for ever. */
  readonly draining: AbortSignal;
  /** Lines in the error log, with the worker's identity. */
  readonly log: Readonly<Record<"debug" | "info" | "warning" | "error", (text: string) => void>>;
}

/** What `context(request)` gets. */
export interface RequestContext extends AppContext {
  /** From a trusted proxy, or made for this request. Lines of `log` name it. */
  readonly requestId: string;
}

export interface AppHooks {
  /** Called once for each generation, in a process of its own, before the workers of that generation load the app. */
  readonly prepare?: AppHook | undefined;
  /** Called before the worker listens. */
  readonly startup?: AppHook | undefined;
  /** Called after its last request. */
  readonly shutdown?: AppHook | undefined;
}

type AppHook = (context: AppContext) => unknown;

/** What a module exports that has something to do before the workers of its generation. */
export const prepareExport = "prepare";

/** What a module exports that has background tasks. */
export const tasksExport = "tasks";

export function hooksOf(module: Readonly<Record<string, unknown>>): AppHooks {
  return {
    prepare: functionIn(module, prepareExport),
    startup: functionIn(module, "startup"),
    shutdown: functionIn(module, "shutdown"),
  };
}

function functionIn(module: Readonly<Record<string, unknown>>, name: string): AppHook | undefined {
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  return typeof value === "function" ? (context) => value(context) : undefined;
}
