import type { Settings } from "../settings/settings.ts";
import type { WorkerOrders } from "../protocol/messages.ts";
import type { TcpAddress } from "../system/system.ts";

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

/** Several beats fit into any `timeout`, so that a healthy worker is never called silent. */
function beatInterval(timeout: number): number {
  return timeout === 0 ? 1_000 : Math.min(1_000, timeout / 4);
}

/** What the worker in `slot` is told. `listen` holds real ports, where the setting may say port 0. */
export function ordersFor(
  { number, settings }: Generation,
  bundle: AppBundle,
  slot: number,
  listen: readonly TcpAddress[],
  runtimeDirectory: string,
): WorkerOrders {
  return {
    slot,
    generation: number,
    source: bundle.source,
    bundle: bundle.path,
    exportName: bundle.exportName,
    listen,
    backlog: settings.backlog,
    gracefulTimeout: settings.gracefulTimeout,
    beatInterval: beatInterval(settings.timeout),
    log: logOrders(settings),
    runtimeDirectory,
  };
}

export function logOrders(settings: Settings): WorkerOrders["log"] {
  return {
    level: settings.logLevel,
    format: settings.logFormat,
    errorLogfile: settings.errorLogfile,
    accessLogfile: settings.accessLogfile ?? null,
  };
}
