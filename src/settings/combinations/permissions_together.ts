/** What an app may not be without, as its workers are to be served. */

import { permissionsGivenUp, requiredPermissions } from "../../core/app_permissions.ts";
import { DenicornError } from "../../core/errors.ts";
import type { Resolved } from "../values.ts";

/** Throws DenicornError `setting-invalid`. */
export function checkPermissions({ settings, origins }: Resolved): void {
  const { appPermissions, bind, workerClass } = settings;
  if (appPermissions.length === 0) return;
  const given = `app-permissions: ${appPermissions.join(", ")} (${origins.appPermissions}) is not accepted`;
  const missing = requiredPermissions.filter((name) => !appPermissions.includes(name));
  if (missing.length > 0) {
    const all = [...new Set([...requiredPermissions, ...appPermissions])];
    throw new DenicornError(
      "setting-invalid",
      `${given} without ${missing.join(", ")}, which a worker needs itself: give ${all.join(",")}`,
    );
  }
  if (workerClass === "threads") {
    throw new DenicornError(
      "setting-invalid",
      `${given} with worker-class = threads (${origins.workerClass}), whose threads have their permissions in common and still ` +
        "need them to start others: leave one of them out",
    );
  }
  const socket = bind.find((address) => "path" in address);
  if (socket !== undefined && permissionsGivenUp(appPermissions).length > 0) {
    throw new DenicornError(
      "setting-invalid",
      `${given} with a Unix socket in bind (${origins.bind}), which a worker cannot serve without all permissions: ` +
        "leave one of them out",
    );
  }
}
