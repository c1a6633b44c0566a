/**
 * What an app means that starts the executable it finds in `Deno.execPath()` or `process.execPath`. Plain Deno would run a
 * script, for `child_process.fork` as well; in a compiled program that executable is Denicorn.
 */

export type AppCommand =
  | { readonly type: "script"; readonly path: string; readonly args: readonly string[] }
  /** A command of Denicorn itself. */
  | { readonly type: "denicorn" }
  /** Anything else, such as `eval`. */
  | { readonly type: "other" };

/** Options of `deno run` that are followed by a value of their own. */
const withValue = /^(-c|--config|--import-map|--cert|-L|--log-level|--location|--lock|--seed)$/;

const script = /\.[cm]?[jt]sx?$/;

/** `commands` are the words that begin a command of Denicorn. */
export function appCommand(args: readonly string[], commands: readonly string[]): AppCommand {
  const [first = ""] = args;
  if (commands.includes(first) || /^(-h|--help|-v|--version)$/.test(first)) return { type: "denicorn" };
  const rest = first === "run" ? args.slice(1) : [...args];
  while (rest[0]?.startsWith("-") === true) rest.splice(0, withValue.test(rest[0]) ? 2 : 1);
  const [path, ...own] = rest;
  if (path === undefined || (first !== "run" && !script.test(path))) return { type: "other" };
  return { type: "script", path, args: own };
}
