import { cString, libc } from "../libc.ts";

const longest = 64 * 1024;

let known: string | undefined;

/**
 * The command line that this process was started with, a NUL after each word, also after it has been given a title. Empty if
 * the system does not say.
 */
export function ownCommandLine(): string {
  return known ??= read();
}

/** Not by the functions of Deno: under limits they read nothing in /proc. */
function read(): string {
  try {
    const bytes = new Uint8Array(longest);
    const fd = libc().open(cString("/proc/self/cmdline"), 0, 0);
    const length = fd < 0 ? 0n : libc().read(fd, bytes, BigInt(bytes.length));
    libc().close(fd);
    return new TextDecoder().decode(bytes.subarray(0, Math.max(0, Number(length))));
  } catch {
    return "";
  }
}
