/** What `context()` of the module `denicorn` returns: where the app runs, and a log with the identity of its worker. */

import type { AppContext, RequestContext } from "../../app/load/app_hooks.ts";
import { errorIn, textOf, titleOf } from "../../core/thrown.ts";
import type { Host } from "../../system/system.ts";
import { requestIdFor } from "../http/request_id.ts";
import type { WorkerLog } from "../worker_log.ts";

type Place = Pick<AppContext, "slot" | "generation" | "settings" | "draining">;

export function appContext(log: WorkerLog, { slot, generation, settings, draining }: Place): AppContext {
  return Object.freeze({ slot, generation, settings: Object.freeze(settings), draining, log: linesOf(log) });
}

/** Throws TypeError if `request` is not one. */
export function requestContext(
  { secret }: Pick<Host, "secret">,
  log: WorkerLog,
  place: Place,
  request: unknown,
): RequestContext {
  const requestId = requestIdFor(request, secret);
  const { slot, generation, settings, draining } = place;
  return Object.freeze({ slot, generation, settings, draining, requestId, log: linesOf(log, requestId) });
}

function linesOf(log: WorkerLog, requestId?: string): AppContext["log"] {
  const suffix = requestId === undefined ? "" : ` (request id ${requestId})`;
  const line = (level: keyof AppContext["log"]) => (what: unknown) =>
    void log.write((logger) => {
      const error = errorIn(what);
      const text = (error === null ? textOf(what) : titleOf(what)) + suffix;
      logger.with({ requestId, detail: error === null ? undefined : log.stackOf(what) })[level]`${text}`;
    });
  return Object.freeze({
    debug: line("debug"),
    info: line("info"),
    warning: line("warning"),
    error: line("error"),
  });
}
