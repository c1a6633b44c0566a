/** The functions that an app module exports besides its app, for the beginning and the end of a worker. */

/** What `startup`, `shutdown` and `context()` get. */
export interface AppContext {
  readonly slot: number;
  readonly generation: number;
  /** Lines in the error log, with the worker's identity. */
  readonly log: Readonly<Record<"debug" | "info" | "warning" | "error", (text: string) => void>>;
}

export interface AppHooks {
  /** Called before the worker listens. */
  readonly startup?: AppHook | undefined;
  /** Called after its last request. */
  readonly shutdown?: AppHook | undefined;
}

type AppHook = (context: AppContext) => unknown;

export function hooksOf(module: Readonly<Record<string, unknown>>): AppHooks {
  return { startup: functionIn(module, "startup"), shutdown: functionIn(module, "shutdown") };
}

function functionIn(module: Readonly<Record<string, unknown>>, name: string): AppHook | undefined {
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  return typeof value === "function" ? (context) => value(context) : undefined;
}
