/** What `ps` and `top` show of this process: its command line, and the short name of a thread (comm). Linux only. */

import { addressOf, cString, libc } from "../libc.ts";
import { ownCommandLine } from "./own_command_line.ts";
import { parseArgumentsPlace } from "./proc_stat.ts";

const PR_SET_NAME = 15;

/** See `Processes.showAs`. */
export function showAs(title: string, name: string): void {
  try {
    nameThread(name);
    // It is read before it is lost.
    ownCommandLine();
    overwriteArguments(title);
  } catch {
    // Not Linux, or there is no /proc: then it looks as it was started.
  }
}

/** See `Processes.nameThread`. */
export function nameThread(name: string): void {
  try {
    // The kernel takes 15 bytes.
    const text = cString(name);
    libc().prctl(PR_SET_NAME, addressOf(text), 0n, 0n, 0n);
  } catch {
    // Not Linux.
  }
}

/**
 * The kernel shows what is in the memory where it has put the arguments. There is only as much space as they took: behind
 * them are the variables of the environment, which the runtime reads where they are.
 */
function overwriteArguments(title: string): void {
  const place = parseArgumentsPlace(Deno.readTextFileSync("/proc/self/stat"));
  if (place === null) return;
  const bytes = new Uint8Array(place.length);
  // A NUL at the end: otherwise the kernel would go on reading.
  new TextEncoder().encodeInto(title, bytes.subarray(0, -1));
  libc().memcpy_to(Deno.UnsafePointer.create(place.address), bytes, BigInt(bytes.length));
}
