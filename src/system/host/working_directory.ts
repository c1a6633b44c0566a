/** The working directory as it was given, with the links in its path: such a link may lead elsewhere later. */

import { DenicornError } from "../../core/errors.ts";
import type { System } from "../system.ts";

/** `$PWD` if it leads to the working directory, else what the system says. Throws DenicornError `chdir`. */
export function givenDirectory({ host, files }: System): string {
  try {
    const [given, actual] = [host.env("PWD"), host.cwd()];
    return given?.startsWith("/") && files.isSame(given, actual) ? given : actual;
  } catch (error) {
    throw new DenicornError(
      "chdir",
      "cannot use the working directory: it no longer exists: change to one that does and start again",
      { cause: error },
    );
  }
}

/** Enters `directory`, so that new processes begin there; returns why it could not, and is in `/` then. */
export function enterOrRoot({ host }: Pick<System, "host">, directory: string): string | null {
  try {
    host.chdir(directory);
    return null;
  } catch (error) {
    // No process can be started from a directory that was removed.
    host.chdir("/");
    return error instanceof Error ? error.message : String(error);
  }
}
