/** Combinations of numbers of workers and their limits. */

import { DenicornError } from "../../core/errors.ts";
import { quote } from "../mistake.ts";
import { namedSettings, type SettingKey } from "../settings.ts";
import { fromDefault, type Resolved } from "../values.ts";
import { nameOf } from "./setting_names.ts";

/** Throws DenicornError `setting-invalid`. */
export function checkWorkers(resolved: Resolved): void {
  refuseFixedRange(resolved);
  refuseEmptyRanges(resolved);
  refuseLoneJitter(resolved);
  refuseLoneQueue(resolved);
  refuseLimitOfOne(resolved);
  refuseSparesWithoutSteering(resolved);
  refuseFixedTaskRange(resolved);
}

function refuseFixedRange({ settings, origins }: Resolved): void {
  const bound = settings.maxWorkers === undefined ? "minWorkers" : "maxWorkers";
  if (settings[bound] === undefined || origins.workers === fromDefault) return;
  throw new DenicornError(
    "setting-invalid",
    `workers: ${settings.workers} (${origins.workers}) is not accepted with ${nameOf(bound)} = ${
      settings[bound]
    } (${origins[bound]}): give a fixed number, or min-workers and max-workers`,
  );
}

function refuseEmptyRanges({ settings, origins }: Resolved): void {
  const { minWorkers, maxWorkers, scaleDownBusy, scaleUpBusy } = settings;
  if (minWorkers !== undefined && maxWorkers !== undefined && minWorkers > maxWorkers) {
    throw new DenicornError(
      "setting-invalid",
      `min-workers: ${minWorkers} (${origins.minWorkers}) is not accepted with max-workers = ${maxWorkers} ` +
        `(${origins.maxWorkers}): give at most ${maxWorkers}`,
    );
  }
  if (scaleDownBusy >= scaleUpBusy) {
    throw new DenicornError(
      "setting-invalid",
      `scale-down-busy: ${scaleDownBusy}% (${origins.scaleDownBusy}) is not accepted with scale-up-busy = ` +
        `${scaleUpBusy}% (${origins.scaleUpBusy}): give less than ${scaleUpBusy}%`,
    );
  }
}

/** The kernel would send them connections like any other worker. */
function refuseSparesWithoutSteering({ settings, origins }: Resolved): void {
  if (settings.spareWorkers === 0 || settings.steering !== "off") return;
  throw new DenicornError(
    "setting-invalid",
    `spare-workers: ${settings.spareWorkers} (${origins.spareWorkers}) is not accepted with steering = off ` +
      `(${origins.steering}), because spares would get connections like any worker: give more workers instead`,
  );
}

const jitters = [
  ["maxRequestsJitter", "maxRequests"],
  ["maxLifetimeJitter", "maxLifetime"],
  ["maxMemoryJitter", "maxMemory"],
] as const;

/** Jitter of a limit that is off has no effect: the limit was probably forgotten. */
function refuseLoneJitter({ settings, origins }: Resolved): void {
  for (const [key, limitKey] of jitters) {
    if (settings[key] === 0 || settings[limitKey] > 0) continue;
    const [jitter, limit] = [key, limitKey].map((key) =>
      namedSettings.find((setting) => setting.key === key)!
    );
    throw new DenicornError(
      "setting-invalid",
      `${jitter!.name}: ${quote(jitter!.show(settings[key]))} (${origins[key]}) is not accepted without ` +
        `${limit!.name}: give ${limit!.name} as well, or leave ${jitter!.name} out`,
    );
  }
}

/** The first that is not as by default: a config file may name every default. */
function firstChanged(settings: Resolved["settings"], keys: readonly SettingKey[]) {
  return namedSettings.find(({ key, default: usual }) => keys.includes(key) && settings[key] !== usual);
}

/** Without a limit nothing waits. */
function refuseLoneQueue({ settings, origins }: Resolved): void {
  if (settings.limitConcurrency > 0 || settings.workerClass === "sync") return;
  const setting = firstChanged(settings, ["queueSize", "queueTimeout"]);
  if (setting === undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `${setting.name}: ${quote(setting.show(settings[setting.key]))} (${
      origins[setting.key]
    }) is not accepted without ` +
      `limit-concurrency or worker-class sync: give one of them as well, or leave ${setting.name} out`,
  );
}

/** The class says how many requests a worker has at once. */
function refuseLimitOfOne({ settings, origins }: Resolved): void {
  if (settings.workerClass !== "sync") return;
  const setting = firstChanged(settings, ["limitConcurrency", "targetConcurrency"]);
  if (setting === undefined) return;
  throw new DenicornError(
    "setting-invalid",
    `${setting.name}: ${quote(setting.show(settings[setting.key]))} (${
      origins[setting.key]
    }) is not accepted with worker-class = ` +
      `sync (${origins.workerClass}), which handles one request at a time: leave one of them out`,
  );
}

function refuseFixedTaskRange({ settings, origins }: Resolved): void {
  const { taskWorkers, minTaskWorkers, maxTaskWorkers } = settings;
  const bound = maxTaskWorkers === undefined ? "minTaskWorkers" : "maxTaskWorkers";
  if (taskWorkers !== undefined && settings[bound] !== undefined) {
    throw new DenicornError(
      "setting-invalid",
      `task-workers: ${taskWorkers} (${origins.taskWorkers}) is not accepted with ${nameOf(bound)} = ${
        settings[bound]
      } (${origins[bound]}): give a fixed number, or min-task-workers and max-task-workers`,
    );
  }
  if (minTaskWorkers !== undefined && maxTaskWorkers !== undefined && minTaskWorkers > maxTaskWorkers) {
    throw new DenicornError(
      "setting-invalid",
      `min-task-workers: ${minTaskWorkers} (${origins.minTaskWorkers}) is not accepted with max-task-workers = ` +
        `${maxTaskWorkers} (${origins.maxTaskWorkers}): give at most ${maxTaskWorkers}`,
    );
  }
}
