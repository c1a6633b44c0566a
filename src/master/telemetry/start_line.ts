/** The first line of the log: what is started, and with which settings. */

import { version } from "../../core/version.ts";
import { fromConfigFile, type Resolved } from "../../settings/values.ts";
import { workerRange } from "../../settings/worker_range.ts";

interface Start {
  readonly runtime: string;
  /** Those this process may use. */
  readonly cores: number;
  /** The process of the master that this one takes over from. */
  readonly oldMaster: number | null;
}

/** `denicorn 1.0.0 (deno 2.9.6): starting main.ts with 4 workers, settings from denicorn.config.ts`. */
export function startLine({ settings, origins }: Resolved, { runtime, cores, oldMaster }: Start): string {
  const { min, max } = workerRange(settings, cores);
  const workers = min === max ? `${min} ${min === 1 ? "worker" : "workers"}` : `${min} to ${max} workers`;
  const prefix = fromConfigFile("");
  const file = Object.values(origins).find((origin) => origin.startsWith(prefix))?.slice(prefix.length);
  const from = file === undefined ? "" : `, settings from ${file}`;
  const why = oldMaster === null ? "" : `, to take over from process ${oldMaster}`;
  return `denicorn ${version} (${runtime}): starting ${settings.app} with ${workers}${from}${why}`;
}
