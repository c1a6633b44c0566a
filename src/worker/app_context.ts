/** What `context()` of the module `denicorn` returns: where the app runs, and a log with the identity of its worker. */

import type { AppContext, RequestContext } from "../app/load/app_hooks.ts";
import type { Host } from "../system/system.ts";
import { requestIdFor } from "./request_id.ts";
import type { WorkerLog } from "./worker_log.ts";

type Place = Pick<AppContext, "slot" | "generation" | "settings">;

export function appContext(log: WorkerLog, { slot, generation, settings }: Place): AppContext {
  return { slot, generation, settings, log: linesOf(log) };
}

/** Throws TypeError if `request` is not one. */
export function requestContext(
  { secret }: Pick<Host, "secret">,
  log: WorkerLog,
  place: Place,
  request: unknown,
): RequestContext {
  const requestId = requestIdFor(request, secret);
  const { slot, generation, settings } = place;
  return { slot, generation, settings, requestId, log: linesOf(log, requestId) };
}

function linesOf(log: WorkerLog, requestId?: string): AppContext["log"] {
  const line = (level: keyof AppContext["log"]) => (text: string) =>
    void log.write((logger) =>
      requestId === undefined
        ? logger[level]`${String(text)}`
        : logger.with({ requestId })[level]`${String(text)} (request id ${requestId})`
    );
  return { debug: line("debug"), info: line("info"), warning: line("warning"), error: line("error") };
}
