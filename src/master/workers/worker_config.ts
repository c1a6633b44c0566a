/** The worker config: what a worker needs to know of the settings, of its generation and of the master. */

import { anyRunsIn } from "../../core/hook_table.ts";
import { sentSettings, type WorkerConfig } from "../../protocol/messages.ts";
import { asConfigFile, type Settings } from "../../settings/settings.ts";
import type { AppBundle, Generation } from "./generation.ts";

/** Milliseconds between two heartbeats of an idle worker, unless `timeout` needs more of them. */
export const restingInterval = 250;

/** Milliseconds between two heartbeats of a busy worker: several fit into `stall-after` and `timeout`. */
export function heartbeatInterval({ stallAfter, timeout }: Pick<Settings, "stallAfter" | "timeout">): number {
  const limits = [stallAfter, timeout].filter((limit) => limit > 0);
  return Math.min(restingInterval, ...limits.map((limit) => limit / 4));
}

/** What all workers of a master share. `listen` has the real port where the setting says port 0. */
export type SharedResources = Pick<
  WorkerConfig,
  "listen" | "isBindDefault" | "sharedSockets" | "scoreboard" | "runtimeDirectory"
>;

/** A worker that cannot become ready needs time to report why before it is killed (ms). */
const failureReportMargin = 500;

/** Where one worker stands: it has been able to boot for `age` milliseconds. */
type WorkerPlace = Pick<WorkerConfig, "place" | "slot" | "thread" | "role" | "fdInbox" | "tasks"> & {
  readonly age: number;
};

/** The configuration of the worker at `place`. */
export function workerConfigFor(
  { number, settings, hasServed, hooks = null }: Generation,
  bundle: AppBundle,
  { age, ...place }: WorkerPlace,
  sharedResources: SharedResources,
): WorkerConfig {
  const loadTimeout = loadTimeoutFor(settings, age);
  return {
    ...pick(settings, sentSettings),
    ...place,
    generation: number,
    settings: asConfigFile(settings),
    areLogsRequired: !hasServed,
    source: bundle.source,
    bundle: bundle.path,
    exportName: bundle.exportName,
    unstable: bundle.unstable,
    exportsApp: bundle.exportsApp,
    hooks: hooks === null || !anyRunsIn("worker", hooks.names)
      ? null
      : { ...hooks, timeout: settings.hookTimeout },
    certificates: bundle.certificates,
    static: bundle.static,
    ...sharedResources,
    heartbeatInterval: heartbeatInterval(settings),
    restingHeartbeatInterval: Math.max(
      heartbeatInterval(settings),
      Math.min(restingInterval, settings.timeout === 0 ? Infinity : settings.timeout / 4),
    ),
    loadTimeout,
    readiness: settings.readyPath === undefined || place.role === "tasks"
      ? null
      : { path: settings.readyPath, timeout: loadTimeout },
  };
}

function pick<Key extends keyof Settings>(settings: Settings, keys: readonly Key[]): Pick<Settings, Key> {
  return Object.fromEntries(keys.map((key) => [key, settings[key]])) as Pick<Settings, Key>;
}

function loadTimeoutFor({ bootTimeout }: Settings, age: number): number {
  return Math.max(0, bootTimeout - Math.min(failureReportMargin, bootTimeout / 4) - age);
}
