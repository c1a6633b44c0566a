/** What `context()` of the module `denicorn` returns: where the app runs, and a log with the identity of its worker. */

import type { AppContext, RequestContext } from "../../app/load/app_hooks.ts";
import { errorIn, textOf, titleOf } from "../../core/thrown.ts";
import { requestIdFor } from "../http/request_id.ts";
import type { WorkerLog } from "../worker_log.ts";

type Place = Pick<AppContext, "slot" | "generation" | "role" | "settings" | "draining">;

export function appContext(
  log: WorkerLog,
  { slot, generation, role, settings, draining }: Place,
): AppContext {
  const frozen = Object.freeze(settings);
  return Object.freeze({ slot, generation, role, settings: frozen, draining, log: appLines(log) });
}

/** Throws TypeError if `request` is not one. */
export function requestContext(
  log: WorkerLog,
  place: Place,
  request: unknown,
): RequestContext {
  const requestId = requestIdFor(request);
  const { slot, generation, role, settings, draining } = place;
  const lines = appLines(log, ` (request id ${requestId})`, { requestId });
  return Object.freeze({ slot, generation, role, settings, draining, requestId, log: lines });
}

/** Each line ends with `suffix`, and has these properties. */
export function appLines(
  log: WorkerLog,
  suffix = "",
  properties: Readonly<Record<string, unknown>> = {},
): AppContext["log"] {
  const line = (level: keyof AppContext["log"]) => (what: unknown) =>
    void log.write((logger) => {
      const error = errorIn(what);
      const text = (error === null ? textOf(what) : titleOf(what)) + suffix;
      logger.with({ ...properties, detail: error === null ? undefined : log.stackOf(what) })[level]`${text}`;
    });
  return Object.freeze({
    debug: line("debug"),
    info: line("info"),
    warning: line("warning"),
    error: line("error"),
  });
}
