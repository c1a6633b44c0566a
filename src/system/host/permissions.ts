/** What `deno run` allows this program, which its child processes must not exceed. From source only. */

import { cString, libc } from "../libc.ts";

const names = ["read", "write", "net", "env", "run", "ffi", "sys", "import"] as const;

/** The options of `deno run` that allow, deny or hide something. */
const permissionOption =
  /^(-A|--allow-all|--no-prompt|(-(R|W|N|E|S|I)|--(allow|deny)-(read|write|net|env|sys|run|ffi|import)|--ignore-(read|env))(=.*)?)$/;

let known: { readonly options: readonly string[] | null } | undefined;

/** See `Host.permissions`. */
export function permissionOptions(): readonly string[] | null {
  known ??= { options: isUnrestricted() ? ["-A"] : optionsIn(commandLine()) };
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

/** Not by the functions of Deno: under limits they read nothing in /proc. */
function commandLine(): string[] {
  try {
    const bytes = new Uint8Array(64 * 1024);
    const fd = libc().open(cString("/proc/self/cmdline"), 0, 0);
    const length = fd < 0 ? 0n : libc().read(fd, bytes, BigInt(bytes.length));
    libc().close(fd);
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, Number(length)))).split("\0");
  } catch {
    return [];
  }
}
