/** Runs a scenario in simulated time: a machine, requests, and the autoscaler called like in the master. */

import { autoscale, initialAutoscaling, type Limits } from "../../src/core/pool/autoscale.ts";
import type { Sample } from "../../src/core/pool/load.ts";
import { type Arrivals, timeToNextArrival } from "./arrivals.ts";
import { Machine, type SimulatedWorker, type Work } from "./machine.ts";
import { exponential, seeded } from "./random.ts";
import { Timeline } from "./timeline.ts";

export interface Service {
  /** Mean milliseconds of computing and waiting per request. */
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
  /** When a worker's event loop is blocked for good, in seconds; the worker is killed 30 s later. */
  readonly hangsAt?: number;
}

export interface Tick {
  readonly at: number;
  readonly target: number;
  readonly ready: number;
  readonly inFlight: number;
  readonly waiting: number;
  /** Why the target changed in this tick; `null` if it did not. */
  readonly reason: string | null;
}

export const tickInterval = 250;
const killAfter = 30_000;
/** A worker with this lag, in milliseconds, gets no new connections. */
const stallAfter = 100;

export function simulate(scenario: Scenario): readonly Tick[] {
  const { limits, lasts, arrivals, service } = scenario;
  const random = seeded(scenario.seed);
  const timeline = new Timeline();
  const machine = new Machine(timeline, limits.cores);
  const computedBefore = new WeakMap<SimulatedWorker, number>();
  const ticks: Tick[] = [];
  let scaling = initialAutoscaling;
  let target = limits.min;
  let activeClients = 0;

  const of = (state: SimulatedWorker["state"]) =>
    [...machine.workers].filter((worker) => worker.state === state);
  const spread = (mean: number) => mean === 0 ? 0 : mean * (0.8 + 0.4 * random());
  const submit = (done: () => void) => {
    const ready = of("ready");
    const responsive = ready.filter((worker) => !worker.isStuck || machine.lagOf(worker) < stallAfter);
    const eligible = responsive.length > 0 ? responsive : ready;
    const worker = eligible[Math.floor(random() * eligible.length)];
    if (worker === undefined) return timeline.after(50, () => submit(done));
    const work: Work = { compute: spread(service.compute), wait: spread(service.wait), done };
    machine.accept(worker, work);
  };
  const sendNext = () => {
    const wanted = arrivals.type === "closed" ? arrivals.count(timeline.now) : 0;
    if (activeClients > wanted) return void activeClients--;
    submit(sendNext);
  };
  const arrive = () => {
    submit(() => {});
    scheduleArrival();
  };
  const scheduleArrival = () => {
    if (arrivals.type !== "open") return;
    // No scenario has a higher rate.
    timeline.after(timeToNextArrival(random, arrivals.perSecond, maxPerSecond, timeline.now), arrive);
  };
  const adjustClients = () => {
    if (arrivals.type !== "closed") return;
    for (; activeClients < arrivals.count(timeline.now); activeClients++) {
      timeline.after(exponential(random, 100), sendNext);
    }
    timeline.after(50, adjustClients);
  };

  const reconcile = () => {
    const wanted = [...of("booting"), ...of("ready")];
    for (let missing = target - wanted.length; missing > 0; missing--) machine.start();
    of("ready").toSorted((a, b) => a.inFlight - b.inFlight).slice(0, Math.max(0, wanted.length - target))
      .forEach((worker) => machine.drain(worker));
  };
  const sample = (): Sample => {
    machine.update();
    const workers = of("ready");
    return {
      at: timeline.now,
      target,
      workers: workers.map((worker) => {
        const before = computedBefore.get(worker);
        computedBefore.set(worker, worker.computed);
        // The kernel counts in hundredths of a second.
        const computed = before === undefined ? null : Math.round((worker.computed - before) / 10) * 10;
        return {
          inFlight: worker.inFlight,
          cpu: computed === null ? null : computed / tickInterval,
          lag: machine.lagOf(worker),
        };
      }),
      leaving: of("leaving").length,
      waiting: [...machine.workers].reduce((total, { waiting }) => total + waiting.length, 0),
      memory: workers.length * memoryOfWorker,
    };
  };
  const tick = () => {
    const current = sample();
    const { scaling: next, decision } = autoscale(scaling, current, limits);
    scaling = next;
    target = decision?.target ?? target;
    reconcile();
    ticks.push({
      at: current.at,
      target,
      ready: current.workers.length,
      inFlight: current.workers.reduce((total, { inFlight }) => total + inFlight, 0),
      waiting: current.waiting,
      reason: decision?.reason ?? null,
    });
    timeline.after(tickInterval, tick);
  };

  reconcile();
  timeline.after(tickInterval, tick);
  adjustClients();
  scheduleArrival();
  if (scenario.hangsAt !== undefined) {
    timeline.after(scenario.hangsAt * 1000, () => {
      const worker = of("ready")[0];
      if (worker === undefined) return;
      machine.hang(worker);
      timeline.after(killAfter, () => {
        machine.kill(worker);
        reconcile();
      });
    });
  }
  machine.run(lasts * 1000);
  return ticks;
}

const maxPerSecond = 2_000;
export const memoryOfWorker = 64 * 1024 * 1024;
