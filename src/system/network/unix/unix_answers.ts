import { errorNumber, lastError, libc, systemError } from "../../libc.ts";
import {
  AF_UNIX,
  EAGAIN,
  ECONNREFUSED,
  ENOENT,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
} from "../../linux_constants.ts";
import { unixAddress } from "./unix_address.ts";

/**
 * Whether a process listens at the Unix socket `path`, without the runtime, which refuses that to an app that may not write.
 * Throws if that cannot be found out. Linux only.
 */
export function listensAtUnix(path: string): boolean {
  const descriptor = libc().socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) throw lastError("socket");
  try {
    const address = unixAddress(path);
    if (libc().connect(descriptor, address, address.length) === 0) return true;
    const errno = errorNumber();
    // Its queue is full.
    if (errno === EAGAIN) return true;
    if (errno === ECONNREFUSED || errno === ENOENT) return false;
    throw systemError(`connect ${path}`, errno);
  } finally {
    libc().close(descriptor);
  }
}
