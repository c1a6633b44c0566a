/** Measures the peers of one cell in turn, again and again: A B C A B C …, so that a slow minute hits all. */

import { freePort } from "../support/program.ts";
import type { Cell, Load } from "./cells.ts";
import { arrivals } from "./drivers/arrivals.ts";
import { h2load } from "./drivers/h2load.ts";
import type { Outcome } from "./drivers/outcome.ts";
import { wrk } from "./drivers/wrk.ts";
import { killOnlyWorker, reloadUnderLoad } from "./events.ts";
import { type Peer, type PeerName, peers } from "./peers.ts";
import { cpuOf } from "./processes.ts";
import { Server } from "./server.ts";
import type { Prepared } from "./setup/apps.ts";
import { debianEnv, programs } from "./setup/tools.ts";
import type { Sample } from "./summary.ts";

export interface Plan {
  readonly cell: Cell;
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly seconds: number;
}

export interface Rows {
  /** One sample a round. */
  readonly samples: ReadonlyMap<PeerName, readonly Sample[]>;
  /** Peers that failed, with the reason; they have no samples. */
  readonly failures: ReadonlyMap<PeerName, string>;
}

export async function runCell(
  plan: Plan,
  prepared: Prepared,
  progress: (step: string) => void,
): Promise<Rows> {
  const samples = new Map<PeerName, Sample[]>(plan.peers.map((name) => [name, []]));
  const failures = new Map<PeerName, string>();
  for (let round = 0; round < plan.rounds; round++) {
    for (const name of plan.peers) {
      progress(`${plan.cell.name}: round ${round + 1} of ${plan.rounds}: ${name}`);
      if (failures.has(name)) continue;
      try {
        samples.get(name)!.push(await measure(plan, peers[name], prepared, round));
      } catch (error) {
        failures.set(name, error instanceof Error ? error.message : String(error));
        samples.delete(name);
      }
    }
  }
  return { samples, failures };
}

async function measure(
  { cell, seconds }: Plan,
  peer: Peer,
  prepared: Prepared,
  round: number,
): Promise<Sample> {
  const port = freePort();
  const scratch = Deno.makeTempDirSync({ prefix: "compare-" });
  const { app, workers, load } = cell;
  const launches = peer.launch({ app, workers, port, scratch }, prepared);
  // One process makes the first answer of a yardstick.
  const started = load.driver === "boot" ? launches.slice(0, 1) : launches;
  const { server, took } = await Server.start(started, port, scratch);
  try {
    if (load.driver === "boot") return { boot: took };
    if (peer.worker !== undefined) await server.until(peer.worker, workers);
    if (load.driver === "idle") return await rest(server, seconds);
    if (load.driver === "kill") return await killOnlyWorker(server, peer, port);
    if (load.driver === "reload") {
      await drive({ driver: "arrivals", rate: load.rate }, port, 1, round);
      return await reloadUnderLoad(server, peer, port, { rate: load.rate, seconds, workers }, round + 1);
    }
    // In the first second V8 still compiles.
    await drive(load, port, 1, round);
    const before = cpuOf(server.pids);
    const outcome = await drive(load, port, seconds, round);
    const cpu = cpuOf(server.pids) - before;
    const { pss, private: own } = server.memory(peer.worker);
    return { ...figuresOf(outcome, cpu), pss, private: own };
  } finally {
    await server.stop();
  }
}

function figuresOf({ requests, seconds, failed, p50, p90, p99, p999 }: Outcome, cpu: number): Sample {
  if (!(requests > 0) || failed > requests / 1_000) {
    throw new Error(`${failed} of ${requests} requests failed`);
  }
  const latencies = p50 === undefined ? {} : { p50, p90: p90!, p99: p99!, p999: p999! };
  return { rate: requests / seconds, cpu: cpu / requests, ...latencies };
}

function drive(load: Load, port: number, seconds: number, round: number): Promise<Outcome> {
  switch (load.driver) {
    case "wrk":
      return wrk(load.options, port, seconds);
    case "arrivals":
      return arrivals(load.rate, port, seconds, round + 1);
    case "h2load":
      return h2load(load.options, port, seconds, programs.h2load[0], debianEnv);
    default:
      throw new Error(`${load.driver} needs no client`);
  }
}

/** What the first process, the master, uses while nothing happens. */
async function rest(server: Server, seconds: number): Promise<Sample> {
  const first = server.pids.slice(0, 1);
  const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await wait(2_000);
  const before = cpuOf(first);
  await wait(seconds * 1_000);
  return { idle: (cpuOf(first) - before) / seconds / 1e4 };
}
