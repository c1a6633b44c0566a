/** Combinations of settings that are refused although each value is accepted. */

import { DenicornError } from "../../core/errors.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import { staticFolder } from "../kinds/static_folder.ts";
import { listenAddresses } from "../listen_addresses.ts";
import { quote } from "../mistake.ts";
import type { Resolved } from "../values.ts";
import { checkAddresses } from "./addresses_together.ts";
import { checkDaemon } from "./daemon_together.ts";
import { checkPermissions } from "./permissions_together.ts";
import { keyBehind, nameOf } from "./setting_names.ts";
import { checkThreads } from "./threads_together.ts";
import { checkWorkers } from "./workers_together.ts";

/** Throws DenicornError `setting-invalid`. */
export function checkTogether(resolved: Resolved): void {
  checkAddresses(resolved);
  checkWorkers(resolved);
  checkThreads(resolved);
  checkDaemon(resolved);
  checkPermissions(resolved);
  refuseOpenAdmin(resolved);
  refuseSharedFile(resolved);
  refuseRepeatedStatic(resolved);
}

/** Which of two folders has a file would be a matter of their order. */
function refuseRepeatedStatic({ settings, origins }: Resolved): void {
  const paths = settings.static.map(({ path }) => path);
  const repeated = settings.static.find(({ path }, index) => paths.indexOf(path) !== index);
  if (repeated === undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `static: ${quote(staticFolder.show(repeated))} (${origins.static}) is not accepted, because ${
      repeated.path || "/"
    } has a folder already: give one folder for each path`,
  );
}

/** A pidfile and a control socket take the place of what is there; logs may be one file. */
const replaced = ["pid", "controlSocket"] as const;
const named = [...replaced, "errorLogfile", "accessLogfile", "adminTokenFile", "config", "app"] as const;
const namedMany = ["certfile", "keyfile"] as const;

function refuseSharedFile({ settings, origins }: Resolved): void {
  for (const key of replaced) {
    const path = settings[key];
    const other = named.find((other) => other !== key && settings[other] === path) ??
      namedMany.find((other) => typeof path === "string" && settings[other].includes(path));
    if (typeof path !== "string" || other === undefined) continue;
    throw new DenicornError(
      "setting-invalid",
      `${nameOf(key)}: ${quote(path)} (${origins[key]}) is not accepted: ${nameOf(other)} (${
        origins[other]
      }) names the ` +
        "same file: give another one",
    );
  }
}

/** Every client that can reach the admin address could read everything there. */
function refuseOpenAdmin({ settings, origins }: Resolved): void {
  const { adminBind, adminToken, adminTokenFile } = settings;
  if (adminToken !== undefined && adminTokenFile !== undefined) {
    throw new DenicornError(
      "setting-invalid",
      `admin-token-file: ${
        quote(adminTokenFile)
      } (${origins.adminTokenFile}) is not accepted together with admin-token ` +
        `(${origins.adminToken}): give one of them`,
    );
  }
  if (adminBind === undefined) return;
  const shown = `admin-bind: ${quote(formatAddress(adminBind))} (${origins.adminBind})`;
  const user = listenAddresses(settings).find((address) =>
    adminBind.port !== 0 && formatAddress(address) === formatAddress(adminBind)
  );
  if (user !== undefined) {
    const key = keyBehind(user);
    throw new DenicornError(
      "setting-invalid",
      `${shown} is not accepted: ${nameOf(key)} (${origins[key]}) uses it already: give another port`,
    );
  }
}
