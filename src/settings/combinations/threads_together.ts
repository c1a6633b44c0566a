/** Combinations of settings with the class of workers that are threads. */

import { DenicornError } from "../../core/errors.ts";
import { workerBounds } from "../kinds/number.ts";
import type { Resolved } from "../values.ts";
import { nameOf } from "./setting_names.ts";

/** Throws DenicornError `setting-invalid`. */
export function checkThreads(resolved: Resolved): void {
  const { settings, origins } = resolved;
  if (settings.workerClass !== "threads") return refuseLoneThreads(resolved);
  refuseTooMany(resolved);
  if (settings.spareWorkers === 0) return;
  throw new DenicornError(
    "setting-invalid",
    `worker-class: threads (${origins.workerClass}) is not accepted with spare-workers = ${settings.spareWorkers} ` +
      `(${origins.spareWorkers}), because a spare is a process: leave spare-workers out, or use worker-class async`,
  );
}

function refuseLoneThreads({ settings, origins }: Resolved): void {
  if (settings.threads === undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `threads: ${settings.threads} (${origins.threads}) is not accepted with worker-class = ${settings.workerClass} ` +
      `(${origins.workerClass}), whose workers are processes: give worker-class threads as well, or leave threads out`,
  );
}

/** Each thread is a worker of its own. */
function refuseTooMany({ settings, origins }: Resolved): void {
  const { threads = 1, workers, minWorkers = 0, maxWorkers = 0 } = settings;
  const [key, most] =
    ([["workers", workers], ["minWorkers", minWorkers], ["maxWorkers", maxWorkers]] as const)
      .reduce((a, b) => b[1] > a[1] ? b : a);
  if (most * threads <= workerBounds.to) return;
  throw new DenicornError(
    "setting-invalid",
    `${nameOf(key)}: ${most} (${
      origins[key]
    }) is not accepted with threads = ${threads} (${origins.threads}), because ` +
      `a server has at most ${workerBounds.to} workers: give at most ${
        Math.floor(workerBounds.to / threads)
      }`,
  );
}
