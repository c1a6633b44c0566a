/** Whether load balancers should send requests to the server, for `/readyz` and the metrics. */

import type { Status } from "./status.ts";

/**
 * Why the server is not ready; null if it is. Half of the workers are enough: with fewer, other servers should take
 * the load, but a single death must not take this one out of service.
 */
export function notReadyBecause({ phase, target, workers }: Status): string | null {
  if (phase === "starting" || phase === "stopping") return `it is ${phase}`;
  if (target === 0) return "all workers are drained (requested)";
  const ready = workers.filter(({ state }) => state === "ready").length;
  const enough = Math.ceil(target / 2);
  if (ready >= enough) return null;
  return `${ready} ${ready === 1 ? "worker is" : "workers are"} ready, ${enough} of ${target} are needed`;
}
