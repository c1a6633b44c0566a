/**
 * Where a daemon writes its own errors until it is ready: to the stderr of the process that has started it, so that the one who
 * called that sees why a start fails. Its standard streams, which all that it starts inherits, lead nowhere. Linux only.
 */

import { lastError, libc } from "../libc.ts";
import { F_DUPFD_CLOEXEC } from "../linux_constants.ts";
import { keepFromChildren } from "../processes/inheritance.ts";

/** The first number for a copy: no standard stream. */
const firstCopy = 3;

let errors: number | null = null;

/** A descriptor that leads where stderr leads, for a process to inherit. Throws the error of the system. */
export function copyOfErrors(): number {
  const copy = libc().fcntl(2, F_DUPFD_CLOEXEC, firstCopy);
  if (copy < 0) throw lastError("fcntl F_DUPFD_CLOEXEC");
  return copy;
}

/** See `Host.writeErrorsTo`. */
export function writeErrorsTo(descriptor: number): () => void {
  keepFromChildren(descriptor);
  errors = descriptor;
  return () => {
    if (errors === null) return;
    libc().close(errors);
    errors = null;
  };
}

/** False if `text` is to go to stderr. */
export function writeToStarter(text: string): boolean {
  if (errors === null) return false;
  const bytes = new TextEncoder().encode(text);
  libc().write(errors, bytes, BigInt(bytes.length));
  return true;
}
