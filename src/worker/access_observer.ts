/** What the access log of a worker has lines for, and what it says of each request. */

import type { AccessLog } from "../log/access_log.ts";
import type { WorkerConfig } from "../protocol/messages.ts";
import type { Clock, Host } from "../system/system.ts";
import { pathOf } from "./http/in_flight_requests.ts";
import type { AccessObserver } from "./http/requests.ts";

type Config = Pick<WorkerConfig, "compress" | "accessLogSample" | "accessLogSkip">;

/** Writes a line for each request that has ended and is to have one. */
export function accessObserver(
  accessLog: AccessLog,
  { clock, host }: { readonly clock: Pick<Clock, "wall">; readonly host: Pick<Host, "random"> },
  { compress, accessLogSample, accessLogSkip }: Config,
): AccessObserver {
  const isSkipped = skipping(accessLogSkip);
  const isSampled = accessLogSample < 100;
  const share = accessLogSample / 100;
  return {
    needs: accessLog.needs,
    isCompressing: compress === true,
    ended({ method, target, status, isBroken, closeCode, details }, duration) {
      if (details === null || (isSkipped !== null && isSkipped(pathOf(target)))) return;
      // What went wrong has a line in any case: it is rare, and what one looks for.
      if (isSampled && status < 499 && !isBroken && host.random() >= share) return;
      const { address, protocol, requestHeaders, responseHeaders, size, requestId } = details;
      // Spreads took as long as the rest of the line.
      accessLog.add({
        time: clock.wall() - duration,
        remote: address,
        method,
        target,
        protocol,
        status,
        size,
        isBroken,
        closeCode,
        requestHeaders,
        responseHeaders,
        requestId,
        duration,
      });
    },
  };
}

/** `null` if nothing is skipped. */
function skipping(patterns: readonly string[]): ((path: string) => boolean) | null {
  if (patterns.length === 0) return null;
  const paths = new Set(patterns.filter((pattern) => !pattern.endsWith("*")));
  const starts = patterns.filter((pattern) => pattern.endsWith("*")).map((pattern) => pattern.slice(0, -1));
  const isMeant = (path: string) => paths.has(path) || starts.some((start) => path.startsWith(start));
  return (path) => isMeant(path) && !dotSegment.test(path);
}

/** `.` or `..`, also encoded, between slashes or backslashes: a URL without them is another one, which is what the app serves. */
const dotSegment = /[/\\](?:\.|%2e){1,2}(?:[/\\]|$)/i;
