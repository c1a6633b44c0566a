/** What no setting can tell alone: values that do not go together. */

import { DenicornError } from "../core/errors.ts";
import { showAddress } from "./kinds/address.ts";
import { quote } from "./mistake.ts";
import type { Resolved } from "./resolve.ts";

/** Throws DenicornError `setting-invalid`. */
export function checkTogether(resolved: Resolved): void {
  refuseRepeatedBind(resolved);
  refuseChosenPort(resolved);
}

function refuseRepeatedBind({ settings, origins }: Resolved): void {
  // Port 0 may stand twice: each one becomes a port of its own.
  const addresses = settings.bind.filter(({ port }) => port !== 0).map(showAddress);
  const repeated = addresses.find((address, index) => addresses.indexOf(address) !== index);
  if (repeated !== undefined) {
    throw new DenicornError(
      "setting-invalid",
      `bind: ${quote(repeated)} (${origins.bind}) is given twice: give each address once`,
    );
  }
}

/** With port 0 the system chooses a port, and would choose another one for each worker. */
function refuseChosenPort({ settings, origins }: Resolved): void {
  const chosen = settings.bind.find(({ port }) => port === 0);
  if (chosen !== undefined && settings.workers > 1) {
    throw new DenicornError(
      "setting-invalid",
      `bind: ${
        quote(showAddress(chosen))
      } (${origins.bind}) is not accepted with workers = ${settings.workers} ` +
        `(${origins.workers}): give a port from 1 to 65535, or one worker`,
    );
  }
}
