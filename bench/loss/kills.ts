/**
 * `kill -9` of one worker after the other under load. The requests of a killed worker are lost with every server.
 * How many that can be: the client has 16 requests in flight, each on an accepted connection or in the queue of a
 * listener, and the kernel spreads them over four workers, so each worker has 4 on average. For some milliseconds
 * between the signal and the close of its listener the kernel still queues connections for the killed worker, and they
 * wait there until they are reset. So one kill costs at most 16 requests, and rarely fewer than 4.
 */

import { Load, pause } from "./client/load.ts";
import { type CellResult, measured } from "./result.ts";
import { median } from "../support/program.ts";
import type { Denicorn } from "./subjects/denicorn.ts";

const connections = 16;
const interval = 500;
/** The allowed median, in milliseconds, until a replacement is ready. */
const replacedWithin = 150;

export async function runKills(denicorn: Denicorn, short: boolean): Promise<CellResult> {
  const load = new Load({ port: denicorn.port, connections });
  await load.made(2_000);
  const kills: number[] = [];
  const replaced: number[] = [];
  const end = performance.now() + (short ? 2_000 : 20_000);
  while (performance.now() < end && !load.ended) {
    const victim = await victimOf(denicorn);
    const from = denicorn.processes.lines.length;
    const began = performance.now();
    kills.push(Date.now());
    Deno.kill(victim, "SIGKILL");
    const { at } = await denicorn.processes.until(
      "a replacement",
      () => denicorn.processes.find(/pid=\d+ +ready after/, from),
    );
    replaced.push(at - began);
    await pause(interval - (performance.now() - began));
  }
  const result = await load.stop();
  const perKill = lostPerKill(kills, result.samples.map((sample) => sample.at));
  const worst = Math.max(0, ...perKill);
  const typical = Math.round(median(replaced));
  return measured(result, {
    operations: kills.length,
    tolerated: connections * kills.length,
    figures: {
      lostPerKill: Math.round(10 * result.lost / kills.length) / 10,
      worstKill: worst,
      boundPerKill: connections,
      replacedMedian: typical,
      replacedMax: Math.round(Math.max(...replaced)),
    },
    problems: [
      ...worst > connections ? [`a kill cost ${worst} requests, more than ${connections} in flight`] : [],
      // In a short run the median of four says little if the machine is busy.
      ...!short && typical > replacedWithin
        ? [`replaced after ${typical} ms, more than ${replacedWithin} ms`]
        : [],
    ],
  });
}

async function victimOf(denicorn: Denicorn): Promise<number> {
  const status = await denicorn.processes.until("a status", () => denicorn.status());
  const ready = status.workers.filter(({ state }) => state === "ready");
  return ready[Math.floor(Math.random() * ready.length)]!.pid;
}

/** Assigns each loss to the last kill before it. Times are milliseconds since 1970. */
export function lostPerKill(kills: readonly number[], losses: readonly number[]): number[] {
  const counts = kills.map(() => 0);
  for (const loss of losses) {
    const index = kills.findLastIndex((kill) => kill <= loss);
    if (index >= 0) counts[index]!++;
  }
  return counts;
}
