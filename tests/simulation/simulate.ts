/** Runs a scenario: a machine, requests, and the autoscaler as the master would ask it, in fake time. */

import { autoscale, type Limits, unscaled } from "../../src/core/pool/autoscale.ts";
import type { Sample } from "../../src/core/pool/load.ts";
import { type Arrivals, nextStranger } from "./arrivals.ts";
import { Machine, type SimulatedWorker, type Work } from "./machine.ts";
import { exponential, seeded } from "./random.ts";
import { Timeline } from "./timeline.ts";

export interface Service {
  /** Mean milliseconds of computing and of waiting for each request. */
  readonly compute: number;
  readonly wait: number;
}

export interface Scenario {
  readonly arrivals: Arrivals;
  readonly service: Service;
  readonly limits: Limits;
  /** Seconds. */
  readonly lasts: number;
  readonly seed: number;
  /** When a worker hangs, in seconds; it is killed after 30 more. */
  readonly hangsAt?: number;
}

export interface Tick {
  readonly at: number;
  readonly target: number;
  readonly ready: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Why the target changed in this tick. */
  readonly reason: string | null;
}

export const tickInterval = 250;
const killAfter = 30_000;
/** A stuck worker gets no connections any more. */
const stallAfter = 100;

export function simulate(scenario: Scenario): readonly Tick[] {
  const { limits, lasts, arrivals, service } = scenario;
  const random = seeded(scenario.seed);
  const timeline = new Timeline();
  const machine = new Machine(timeline, limits.cores);
  const spentBefore = new WeakMap<SimulatedWorker, number>();
  const ticks: Tick[] = [];
  let scaling = unscaled;
  let target = limits.min;
  let asking = 0;

  const of = (state: SimulatedWorker["state"]) =>
    [...machine.workers].filter((worker) => worker.state === state);
  const spread = (mean: number) => mean === 0 ? 0 : mean * (0.8 + 0.4 * random());
  const submit = (done: () => void) => {
    const ready = of("ready");
    const responsive = ready.filter((worker) => !worker.isStuck || machine.lagOf(worker) < stallAfter);
    const among = responsive.length > 0 ? responsive : ready;
    const worker = among[Math.floor(random() * among.length)];
    if (worker === undefined) return timeline.after(50, () => submit(done));
    const work: Work = { compute: spread(service.compute), wait: spread(service.wait), done };
    machine.accept(worker, work);
  };
  const ask = () => {
    const wanted = arrivals.type === "clients" ? arrivals.count(timeline.now) : 0;
    if (asking > wanted) return void asking--;
    submit(ask);
  };
  const stranger = () => {
    submit(() => {});
    expectStranger();
  };
  const expectStranger = () => {
    if (arrivals.type !== "strangers") return;
    // No rate in these scenarios is higher.
    timeline.after(nextStranger(random, arrivals.perSecond, mostPerSecond, timeline.now), stranger);
  };
  const bringClients = () => {
    if (arrivals.type !== "clients") return;
    for (; asking < arrivals.count(timeline.now); asking++) timeline.after(exponential(random, 100), ask);
    timeline.after(50, bringClients);
  };

  const settle = () => {
    const wanted = [...of("booting"), ...of("ready")];
    for (let missing = target - wanted.length; missing > 0; missing--) machine.start();
    of("ready").toSorted((a, b) => a.inFlight - b.inFlight).slice(0, Math.max(0, wanted.length - target))
      .forEach((worker) => machine.drain(worker));
  };
  const sample = (): Sample => {
    machine.settle();
    const workers = of("ready");
    return {
      at: timeline.now,
      target,
      workers: workers.map((worker) => {
        const before = spentBefore.get(worker);
        spentBefore.set(worker, worker.spent);
        // The kernel counts in hundredths of a second.
        const spent = before === undefined ? null : Math.round((worker.spent - before) / 10) * 10;
        return {
          inFlight: worker.inFlight,
          cpu: spent === null ? null : spent / tickInterval,
          lag: machine.lagOf(worker),
        };
      }),
      leaving: of("leaving").length,
      waiting: [...machine.workers].reduce((total, { waiting }) => total + waiting.length, 0),
      memory: workers.length * memoryOfWorker,
    };
  };
  const tick = () => {
    const seen = sample();
    const { scaling: next, decision } = autoscale(scaling, seen, limits);
    scaling = next;
    target = decision?.target ?? target;
    settle();
    ticks.push({
      at: seen.at,
      target,
      ready: seen.workers.length,
      inFlight: seen.workers.reduce((total, { inFlight }) => total + inFlight, 0),
      waiting: seen.waiting,
      reason: decision?.reason ?? null,
    });
    timeline.after(tickInterval, tick);
  };

  settle();
  timeline.after(tickInterval, tick);
  bringClients();
  expectStranger();
  if (scenario.hangsAt !== undefined) {
    timeline.after(scenario.hangsAt * 1000, () => {
      const worker = of("ready")[0];
      if (worker === undefined) return;
      machine.hang(worker);
      timeline.after(killAfter, () => {
        machine.kill(worker);
        settle();
      });
    });
  }
  machine.run(lasts * 1000);
  return ticks;
}

const mostPerSecond = 2_000;
export const memoryOfWorker = 64 * 1024 * 1024;
