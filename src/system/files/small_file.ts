/** Reads a file of which only a few bytes are expected: never waits for a writer and never reads without an end. */

import { cString, lastError, libc } from "../libc.ts";
import { O_CLOEXEC, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK } from "../linux_constants.ts";
import { canFixPaths } from "./safe_path.ts";

/** Throws for what is not a regular file, or is longer than `limit` bytes. A link is followed unless `direct`. */
export function readSmall(path: string, limit: number, direct = false): string {
  if (!Deno.statSync(path).isFile) throw notRegular();
  const descriptor = openWithoutWaiting(path, direct);
  try {
    const opened = descriptor === null ? path : `/proc/self/fd/${descriptor}`;
    // The path may name another file by now.
    if (!Deno.statSync(opened).isFile) throw notRegular();
    using file = Deno.openSync(opened);
    return contentOf(file, limit);
  } finally {
    if (descriptor !== null) libc().close(descriptor);
  }
}

function contentOf(file: Deno.FsFile, limit: number): string {
  const bytes = new Uint8Array(limit + 1);
  let size = 0;
  for (let count: number | null = 0; count !== null && size < bytes.length; size += count ?? 0) {
    count = file.readSync(bytes.subarray(size));
  }
  if (size > limit) throw new Error(`it is longer than ${limit} bytes`);
  return new TextDecoder().decode(bytes.subarray(0, size));
}

/** `null` where only the runtime can open files: then the check before has to do. */
function openWithoutWaiting(path: string, direct: boolean): number | null {
  if (!canFixPaths()) return null;
  const flags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (direct ? O_NOFOLLOW : 0);
  const descriptor = libc().open(cString(path), flags, 0);
  if (descriptor < 0) throw lastError("open");
  return descriptor;
}

function notRegular(): Error {
  return new Error("it is not a regular file");
}
