/**
 * `kill -9` of one worker after the other under load. What such a worker holds is lost, whatever the server
 * does; how much that may be: the client has 16 requests in flight at any time, each either on an accepted
 * connection or in the queue of a listener, and the kernel spreads them over four workers, so that one holds 4
 * on average. Between the signal and the close of its listener the kernel goes on to queue connections for it
 * for some milliseconds, and every client that draws it stays there until the reset. So one kill costs at most
 * the 16, and hardly ever fewer than 4.
 */

import { Load, pause } from "./client/load.ts";
import { type CellResult, measured } from "./result.ts";
import { median } from "../support/program.ts";
import type { Denicorn } from "./subjects/denicorn.ts";

const connections = 16;
const interval = 500;
/** Milliseconds until a replacement accepts, in the median. */
const replacedWithin = 150;

export async function runKills(denicorn: Denicorn, short: boolean): Promise<CellResult> {
  const load = new Load({ port: denicorn.port, connections });
  await load.made(2_000);
  const moments: number[] = [];
  const replaced: number[] = [];
  const end = performance.now() + (short ? 2_000 : 20_000);
  while (performance.now() < end && !load.ended) {
    const victim = await victimOf(denicorn);
    const from = denicorn.family.lines.length;
    const began = performance.now();
    moments.push(Date.now());
    Deno.kill(victim, "SIGKILL");
    const { at } = await denicorn.family.until(
      "a replacement",
      () => denicorn.family.find(/pid=\d+ +ready after/, from),
    );
    replaced.push(at - began);
    await pause(interval - (performance.now() - began));
  }
  const result = await load.stop();
  const perKill = lostPerKill(moments, result.samples.map((sample) => sample.at));
  const worst = Math.max(0, ...perKill);
  const typical = Math.round(median(replaced));
  return measured(result, {
    operations: moments.length,
    bearable: connections * moments.length,
    figures: {
      lostPerKill: Math.round(10 * result.lost / moments.length) / 10,
      worstKill: worst,
      boundPerKill: connections,
      replacedMedian: typical,
      replacedMax: Math.round(Math.max(...replaced)),
    },
    problems: [
      ...worst > connections ? [`a kill cost ${worst} requests, more than ${connections} in flight`] : [],
      // The median of four on a machine that does other things as well says little.
      ...!short && typical > replacedWithin
        ? [`replaced after ${typical} ms, more than ${replacedWithin} ms`]
        : [],
    ],
  });
}

async function victimOf(denicorn: Denicorn): Promise<number> {
  const status = await denicorn.family.until("a status", () => denicorn.status());
  const ready = status.workers.filter(({ state }) => state === "ready");
  return ready[Math.floor(Math.random() * ready.length)]!.pid;
}

/** How many of the losses, in milliseconds since 1970, belong to each kill: to the last before them. */
export function lostPerKill(kills: readonly number[], losses: readonly number[]): number[] {
  const counts = kills.map(() => 0);
  for (const loss of losses) {
    const index = kills.findLastIndex((kill) => kill <= loss);
    if (index >= 0) counts[index]!++;
  }
  return counts;
}
