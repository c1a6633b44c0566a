import type { Settings } from "../../settings/settings.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";

/** The bundle of one generation. */
export interface AppBundle {
  /** Absolute path of the app's source. */
  readonly source: string;
  readonly exportName: string;
  /** Absolute path of the one file that workers import. */
  readonly path: string;
}

/** Settings and app as they were read at one moment. All workers of a generation have the same. */
export interface Generation {
  readonly number: number;
  readonly settings: Settings;
  /** `null` until it is built: workers of the first generation start before. */
  bundle: AppBundle | null;
}

/** Milliseconds between two heartbeats of an idle worker, unless `timeout` needs more of them. */
export const restingInterval = 250;

/** Milliseconds between two heartbeats of a busy worker: several fit into `stall-after` and `timeout`. */
export function heartbeatInterval({ stallAfter, timeout }: Pick<Settings, "stallAfter" | "timeout">): number {
  const limits = [stallAfter, timeout].filter((limit) => limit > 0);
  return Math.min(restingInterval, ...limits.map((limit) => limit / 4));
}

/** What all workers of a master share. `listen` has the real port where the setting says port 0. */
export type SharedResources = Pick<WorkerConfig, "listen" | "fdInbox" | "scoreboard" | "runtimeDirectory">;

/** A worker that cannot become ready needs time to report why before it is killed (ms). */
const failureReportMargin = 500;

/** The configuration of the worker in `slot`, which was started `age` milliseconds ago. */
export function workerConfigFor(
  { number, settings }: Generation,
  bundle: AppBundle,
  { slot, age }: { readonly slot: number; readonly age: number },
  sharedResources: SharedResources,
): WorkerConfig {
  return {
    slot,
    generation: number,
    source: bundle.source,
    bundle: bundle.path,
    exportName: bundle.exportName,
    ...sharedResources,
    backlog: settings.backlog,
    gracefulTimeout: settings.gracefulTimeout,
    heartbeatInterval: heartbeatInterval(settings),
    restingHeartbeatInterval: Math.max(
      heartbeatInterval(settings),
      Math.min(restingInterval, settings.timeout === 0 ? Infinity : settings.timeout / 4),
    ),
    slowRequest: settings.slowRequest,
    drainIdle: settings.drainIdle,
    readiness: readinessFor(settings, age),
    log: logConfig(settings),
  };
}

function readinessFor({ readyPath, bootTimeout }: Settings, age: number): WorkerConfig["readiness"] {
  if (readyPath === undefined) return null;
  return {
    path: readyPath,
    timeout: Math.max(0, bootTimeout - Math.min(failureReportMargin, bootTimeout / 4) - age),
  };
}

export function logConfig(settings: Settings): WorkerConfig["log"] {
  return {
    level: settings.logLevel,
    format: settings.logFormat,
    errorLogfile: settings.errorLogfile,
    accessLogfile: settings.accessLogfile ?? null,
  };
}
