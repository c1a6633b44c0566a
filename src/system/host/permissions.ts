/** What `deno run` allows this program, which its child processes must not exceed. From source only. */

import { ownCommandLine } from "../processes/own_command_line.ts";

const names = ["read", "write", "net", "env", "run", "ffi", "sys", "import"] as const;

/** The options of `deno run` that allow, deny or hide something. */
const permissionOption =
  /^(-A|--allow-all|--no-prompt|(-(R|W|N|E|S|I)|--(allow|deny)-(read|write|net|env|sys|run|ffi|import)|--ignore-(read|env))(=.*)?)$/;

let known: { readonly options: readonly string[] | null } | undefined;

/** See `Host.permissions`. */
export function permissionOptions(): readonly string[] | null {
  known ??= { options: isUnrestricted() ? ["-A"] : optionsIn(ownCommandLine().split("\0")) };
  return known.options;
}

function isUnrestricted(): boolean {
  return names.every((name) => {
    const { state, partial } = Deno.permissions.querySync({ name });
    return state === "granted" && !partial;
  });
}

/** `words` are those of `deno run [OPTIONS] SCRIPT [ARGUMENTS]`. */
export function optionsIn(words: readonly string[]): readonly string[] | null {
  const from = words.indexOf("run") + 1;
  const length = words.slice(from).findIndex((word) => /\/?main\.ts$/.test(word) && !word.startsWith("-"));
  if (from === 0 || length === -1) return null;
  const options = words.slice(from, from + length).filter((word) => permissionOption.test(word));
  return options.length === 0 ? null : options;
}
