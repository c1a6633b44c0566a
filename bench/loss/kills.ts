/**
 * `kill -9` of one worker after the other under load. The requests of a killed worker are lost with every server.
 * How many that can be: the client has 16 requests in flight, and the kernel spreads them over four workers, so each
 * worker has 4 on average. They fail when the kernel closes the connections of the killed worker. Until the master has
 * heard of its end, some milliseconds on an idle machine and 70 on a busy one, the kernel still queues connections for it,
 * also those of a client that tries again; they wait until they are reset, all at once. So one kill costs each connection
 * of the client at most two requests, and rarely fewer than 4 together.
 */

import { Load, pause } from "./client/load.ts";
import { type CellResult, measured } from "./result.ts";
import { median } from "../support/program.ts";
import type { Denicorn } from "./subjects/denicorn.ts";

const connections = 16;
/** One that the worker had accepted, and one in its queue. */
const boundPerKill = 2 * connections;
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
  const typical = Math.round(median(replaced));
  return measured(result, {
    operations: kills.length,
    tolerated: boundPerKill * kills.length,
    figures: {
      lostPerKill: Math.round(10 * result.lost / kills.length) / 10,
      worstKill: Math.max(0, ...perKill),
      boundPerKill,
      replacedMedian: typical,
      replacedMax: Math.round(Math.max(...replaced)),
    },
    problems: [
      ...tooCostly(perKill),
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

/** The problems in the number of requests that each kill cost. */
export function tooCostly(perKill: readonly number[]): string[] {
  const worst = Math.max(0, ...perKill);
  return worst > boundPerKill
    ? [`a kill cost ${worst} requests, more than two for each of ${connections} connections`]
    : [];
}
