/** One access-log line per response. */

import type { AccessLog } from "../log/access_log.ts";
import type { Clock, FetchHandler, RequestInfo } from "../system/system.ts";

/** `fetch` with one access-log line per response, written when its last byte is sent. */
export function logged(fetch: FetchHandler, log: AccessLog, clock: Clock, worker: number): FetchHandler {
  return async (request, info) => {
    const started = clock.monotonic();
    const time = clock.wall();
    const { method, headers } = request;
    const target = request.url.slice(request.url.indexOf("/", request.url.indexOf("//") + 2));
    const referer = headers.get("referer");
    const userAgent = headers.get("user-agent");
    const remote = remoteOf(info);
    let status = 500;
    const write = () => {
      const duration = clock.monotonic() - started;
      log.add({ time, remote, method, target, status, referer, userAgent, duration, worker });
    };
    info.completed.then(write, write);
    const response = await fetch(request, info);
    status = response.status;
    return response;
  };
}

function remoteOf(info: RequestInfo): string {
  return info.remoteAddr.hostname ?? "-";
}
