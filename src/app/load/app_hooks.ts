/** The functions that an app module exports besides its app, for the beginning and the end of a worker. */

export interface AppHooks {
  /** Called before the worker listens. */
  readonly startup?: AppHook | undefined;
  /** Called after its last request. */
  readonly shutdown?: AppHook | undefined;
}

type AppHook = (context: unknown) => unknown;

export function hooksOf(module: Readonly<Record<string, unknown>>): AppHooks {
  return { startup: functionIn(module, "startup"), shutdown: functionIn(module, "shutdown") };
}

function functionIn(module: Readonly<Record<string, unknown>>, name: string): AppHook | undefined {
  const value = Object.hasOwn(module, name) ? module[name] : undefined;
  return typeof value === "function" ? (context) => value(context) : undefined;
}
