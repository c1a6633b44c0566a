/**
 * At any time one of four workers is blocked, for two seconds each, while a client opens a connection every 5 ms.
 * Without steering a quarter of the connections waits for the blocked worker. It also measures the CPU share of the
 * idle master.
 */

import { Load, pause } from "./client/load.ts";
import { type CellResult, measured } from "./result.ts";
import type { Denicorn } from "./subjects/denicorn.ts";

export async function runStalls(denicorn: Denicorn, short: boolean): Promise<CellResult> {
  await pause(500);
  const idle = await cpuShare(denicorn.master!, short ? 2_000 : 10_000);
  const load = new Load({ port: denicorn.port, every: 5 });
  await load.made(100);
  const end = performance.now() + (short ? 4_500 : 20_000);
  let blocks = 0;
  // Each on a new connection, so that it is not always the same worker that is blocked.
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  while (performance.now() < end) {
    await (await fetch(`http://127.0.0.1:${denicorn.port}/block`, { client })).text();
    blocks++;
  }
  const result = await load.stop();
  return measured(result, {
    operations: blocks,
    figures: {
      p95: result.latency.p95,
      delayedPercent: Math.round(1_000 * result.slow / result.requests) / 10,
      idleMasterPercent: Math.round(idle * 10_000) / 100,
    },
  });
}

/** The share of one core that a process takes over `ms` milliseconds. */
async function cpuShare(pid: number, ms: number): Promise<number> {
  const [before, began] = [cpuSeconds(pid), performance.now()];
  await pause(ms);
  return (cpuSeconds(pid) - before) / ((performance.now() - began) / 1_000);
}

/** proc(5): utime and stime are fields 14 and 15, in ticks of 10 ms. The name before them may contain spaces. */
function cpuSeconds(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
