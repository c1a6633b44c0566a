/**
 * A lock on a directory, which tells other processes that its owner lives. It ends with the process, however that ends;
 * a process id in its name says less: in another container it is another process. Linux only.
 */

import { cString, lastError, libc } from "../libc.ts";
import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW } from "../linux_constants.ts";

const LOCK_EX_NB = 2 | 4;

/** Returns what ends the lock; `null` if another process has it. Throws if the directory cannot be opened. */
export function lockDirectory(path: string): (() => void) | null {
  const descriptor = libc().open(cString(path), O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (descriptor < 0) throw lastError(`open ${path}`);
  const unlock = () => void libc().close(descriptor);
  if (libc().flock(descriptor, LOCK_EX_NB) === 0) return unlock;
  unlock();
  return null;
}
