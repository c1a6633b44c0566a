import type { Settings } from "../settings/settings.ts";
import type { WorkerOrders } from "../protocol/messages.ts";

/** The bundle of one generation. */
export interface AppBundle {
  /** Absolute path of the app's source. */
  readonly source: string;
  readonly exportName: string;
  /** Absolute path of the one file that workers import. */
  readonly path: string;
}

/** Settings and app as they were read at one moment. All workers of a generation are alike. */
export interface Generation {
  readonly number: number;
  readonly settings: Settings;
  /** `null` while it is being built: workers of the first generation start meanwhile. */
  bundle: AppBundle | null;
}

/** Milliseconds between two beats of a worker that has nothing to do, unless `timeout` asks for more. */
export const restingRhythm = 250;

/** Several beats fit into `stall-after` as well. */
export function beatInterval({ stallAfter, timeout }: Settings): number {
  const limits = [stallAfter, timeout].filter((limit) => limit > 0);
  return Math.min(restingRhythm, ...limits.map((limit) => limit / 4));
}

/** What all workers of a master share. `listen` holds real ports, where the setting may say port 0. */
export type Workplace = Pick<WorkerOrders, "listen" | "post" | "scoreboard" | "runtimeDirectory">;

/** A worker that is not ready must have time to say why before it is killed for it. */
const lastWords = 500;

/** What the worker in `slot`, started `age` milliseconds ago, is told. */
export function ordersFor(
  { number, settings }: Generation,
  bundle: AppBundle,
  { slot, age }: { readonly slot: number; readonly age: number },
  workplace: Workplace,
): WorkerOrders {
  return {
    slot,
    generation: number,
    source: bundle.source,
    bundle: bundle.path,
    exportName: bundle.exportName,
    ...workplace,
    backlog: settings.backlog,
    gracefulTimeout: settings.gracefulTimeout,
    beatInterval: beatInterval(settings),
    restingBeatInterval: Math.max(
      beatInterval(settings),
      Math.min(restingRhythm, settings.timeout === 0 ? Infinity : settings.timeout / 4),
    ),
    slowRequest: settings.slowRequest,
    drainIdle: settings.drainIdle,
    readiness: readinessFor(settings, age),
    log: logOrders(settings),
  };
}

function readinessFor({ readyPath, bootTimeout }: Settings, age: number): WorkerOrders["readiness"] {
  if (readyPath === undefined) return null;
  return { path: readyPath, within: Math.max(0, bootTimeout - Math.min(lastWords, bootTimeout / 4) - age) };
}

export function logOrders(settings: Settings): WorkerOrders["log"] {
  return {
    level: settings.logLevel,
    format: settings.logFormat,
    errorLogfile: settings.errorLogfile,
    accessLogfile: settings.accessLogfile ?? null,
  };
}
