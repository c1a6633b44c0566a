/** Programs without a file system: where no directory allows programs (noexec), a memfd may. Linux only. */

import { canExecute, cString, lastError, libc } from "../libc.ts";
import { MFD_CLOEXEC, MFD_EXEC } from "../linux_constants.ts";

/** See `Files.memoryProgram`. */
export function memoryProgram(name: string, bytes: Uint8Array<ArrayBuffer>): string {
  const create = (flags: number) => libc().memfd_create(cString(name), flags);
  // From Linux 6.3 on, also where the default is a memfd that cannot be run (sysctl vm.memfd_noexec=1).
  let fd = create(MFD_CLOEXEC | MFD_EXEC);
  if (fd < 0) fd = create(MFD_CLOEXEC);
  if (fd < 0) throw lastError("memfd_create");
  // In a child that starts it, `self` is the child, which has the descriptor until execve(2) has opened the file.
  const path = `/proc/self/fd/${fd}`;
  try {
    Deno.writeFileSync(path, bytes);
    Deno.chmodSync(path, 0o500);
    if (!canExecute(path)) throw new Error("a memfd cannot be run (sysctl vm.memfd_noexec)");
    return path;
  } catch (error) {
    libc().close(fd);
    throw error;
  }
}
