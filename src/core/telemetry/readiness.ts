/** Whether the server is to be sent requests: what `/readyz` and the metrics tell those who decide that. */

import type { Status } from "./status.ts";

/**
 * Why the server is not ready; null if it is. Half of the workers are enough: with fewer the load of this server
 * is better carried by others, while a single death must not take it out of service.
 */
export function notReadyBecause({ phase, target, workers }: Status): string | null {
  if (phase === "starting" || phase === "stopping") return `it is ${phase}`;
  if (target === 0) return "all workers are drained, as asked for";
  const ready = workers.filter(({ state }) => state === "ready").length;
  const enough = Math.ceil(target / 2);
  if (ready >= enough) return null;
  return `${ready} ${
    ready === 1 ? "worker is" : "workers are"
  } ready, ${enough} of ${target} would be enough`;
}
