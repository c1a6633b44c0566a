/** Which open files a new process gets. Linux only. */

import { lastError, libc } from "../libc.ts";
import { F_SETFD, FD_CLOEXEC } from "../linux_constants.ts";

/**
 * Runs `start`, which starts one process that gets `descriptors` under the same numbers. The runtime starts a process
 * before `spawn` returns, so no other process can get them meanwhile.
 */
export function withInherited<Started>(descriptors: readonly number[], start: () => Started): Started {
  const given = descriptors.filter((descriptor) => setFlag(descriptor, 0));
  try {
    if (given.length < descriptors.length) throw lastError("fcntl F_SETFD");
    return start();
  } finally {
    given.forEach((descriptor) => setFlag(descriptor, FD_CLOEXEC));
  }
}

/** From now on new processes do not inherit `descriptor`, which this one has inherited. */
export function keepFromChildren(descriptor: number): void {
  if (!setFlag(descriptor, FD_CLOEXEC)) throw lastError("fcntl F_SETFD");
}

function setFlag(descriptor: number, flag: number): boolean {
  return libc().fcntl(descriptor, F_SETFD, flag) === 0;
}
