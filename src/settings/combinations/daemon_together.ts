/** Settings that do not fit a server without a terminal. */

import { DenicornError } from "../../core/errors.ts";
import type { Resolved } from "../values.ts";
import { nameOf } from "./setting_names.ts";

const standardStreams: readonly unknown[] = ["-", "/dev/stdout", "/dev/stderr"];

/** Throws DenicornError `setting-invalid` for a log that would go to /dev/null. */
export function checkDaemon({ settings, origins }: Resolved): void {
  if (settings.daemon !== true) return;
  for (const key of ["errorLogfile", "accessLogfile"] as const) {
    const place = settings[key];
    if (!standardStreams.includes(place)) continue;
    throw new DenicornError(
      "setting-invalid",
      `daemon: on (${origins.daemon}) is not accepted with ${nameOf(key)} = ${place} (${
        origins[key]
      }), because a daemon has ` +
        `no terminal: give --${nameOf(key)} a file, or syslog:/dev/log`,
    );
  }
}
