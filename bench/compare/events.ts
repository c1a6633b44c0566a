/** What happens to a server under measurement: a reload under load, and the death of its only worker. */

import { arrivals } from "./drivers/arrivals.ts";
import type { Peer } from "./peers.ts";
import { answers, type Server } from "./server.ts";
import type { Sample } from "./summary.ts";

export interface ReloadOptions {
  /** Arrivals per second. */
  readonly rate: number;
  readonly seconds: number;
  readonly workers: number;
}

/** Milliseconds until a server without an answer has failed. */
const recoveryTimeout = 30_000;

/** Reloads one second after the load began. `reload` ends when only new workers are left. */
export async function reloadUnderLoad(
  server: Server,
  { worker, reload }: Peer,
  port: number,
  { rate, seconds, workers }: ReloadOptions,
  seed: number,
): Promise<Sample> {
  if (reload === undefined) throw new Error("it cannot reload");
  const old = server.workers(worker);
  const load = arrivals(rate, port, seconds, seed);
  // If the reload fails, nothing awaits the client.
  load.catch(() => {});
  await pause(1_000);
  server.signal(reload);
  const took = await server.until(worker, workers, old);
  const { p50, p99, p999, failed } = await load;
  return { reload: took, p50: p50!, p99: p99!, p999: p999!, lost: failed };
}

/** Kills the only worker; `recovery` ends with the next answer to any client. */
export async function killOnlyWorker(server: Server, { worker }: Peer, port: number): Promise<Sample> {
  const victims = server.workers(worker);
  const began = performance.now();
  for (const pid of victims) Deno.kill(pid, "SIGKILL");
  // Until it has ended it could still answer.
  while (server.workers(worker).some((pid) => victims.includes(pid) && isAlive(pid))) await pause(1);
  let recovered = false;
  // One after another they would wait for the first, whose connection the kernel may have dropped and sends again later.
  while (!recovered) {
    if (performance.now() - began > recoveryTimeout) throw new Error("no answer after its worker was killed");
    void answers(port).then((answered) => recovered ||= answered);
    await pause(5);
  }
  return { recovery: performance.now() - began };
}

/** A process that has ended, and whose parent has not yet taken notice, has no command line. */
function isAlive(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`) !== "";
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
