/** Whether load balancers should send requests to the server, for `/readyz` and the metrics. */

import type { Status, WorkerStatus } from "./status.ts";
import { canServe } from "./worker_counts.ts";

/**
 * With no heartbeat from any worker for this long (ms), no request can have been answered. A pause that healthy workers
 * make, such as a long garbage collection, is shorter.
 */
const longestSilence = 3_000;

/**
 * Why the server is not ready; null if it is. Half of the workers are enough: with fewer, other servers should take
 * the load, but a single death must not take this one out of service. A single worker that can answer is enough, too,
 * because it gets the connections of those that are blocked.
 */
export function notReadyBecause({ phase, target, workers }: Status): string | null {
  // The successor serves at the same addresses.
  if (phase === "retiring") return null;
  if (phase === "starting" || phase === "stopping") return `it is ${phase}`;
  if (target === 0) return "all workers are drained (requested)";
  const ready = workers.filter(canServe);
  const enough = Math.ceil(target / 2);
  if (ready.length < enough) {
    return `${ready.length} ${
      ready.length === 1 ? "worker is" : "workers are"
    } ready, ${enough} of ${target} are needed`;
  }
  return allBlocked(ready);
}

/** In words, if no worker of `ready` could answer; else null. */
function allBlocked(ready: readonly WorkerStatus[]): string | null {
  // One that has just become ready has not been looked at yet.
  const silence = Math.min(...ready.map(({ heartbeatAge }) => heartbeatAge ?? 0));
  if (silence < longestSilence) return null;
  const known = ready.find(({ current }) => current !== null);
  const by = known?.current == null
    ? ""
    : `, that of worker ${known.slot} by ${known.current.method} ${known.current.path}`;
  return `no worker has answered for ${Math.floor(silence / 1_000)} s: every event loop is blocked${by}`;
}
