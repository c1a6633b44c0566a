import fc from "fast-check";
import {
  autoscale,
  type Decision,
  initialAutoscaling,
  type Limits,
} from "../../../src/core/pool/autoscale.ts";
import type { Sample, WorkerSample } from "../../../src/core/pool/load.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";

const limits: Limits = {
  min: 1,
  max: 16,
  cores: 4,
  targetConcurrency: 50,
  scaleBacklog: 10,
  scaleUpBusy: 0.7,
  scaleDownBusy: 0.3,
  idleTimeout: 10_000,
  memoryBudget: null,
};

const idle: WorkerSample = { inFlight: 0, cpu: 0, lag: 0 };

interface Moment extends Partial<Omit<Sample, "workers">> {
  /** One for each ready worker; by default as many as the target, all like `each`. */
  readonly workers?: readonly WorkerSample[];
  readonly each?: Partial<WorkerSample>;
}

/** Runs the autoscaler tick by tick. Decisions take effect, and workers start at once unless the test says otherwise. */
class Run {
  scaling = initialAutoscaling;
  target: number;
  now = 0;
  readonly #limits: Limits;

  constructor(target = 1, over: Partial<Limits> = {}) {
    this.target = target;
    this.#limits = { ...limits, ...over };
  }

  tick(moment: Moment = {}): Decision | null {
    const sample = this.sample(moment);
    const { scaling, decision } = autoscale(this.scaling, sample, this.#limits);
    this.scaling = scaling;
    this.target = decision?.target ?? sample.target;
    return decision;
  }

  sample({ each = {}, ...moment }: Moment = {}): Sample {
    this.now += 250;
    const target = moment.target ?? this.target;
    const workers = moment.workers ?? Array.from({ length: target }, () => ({ ...idle, ...each }));
    return { at: this.now, leaving: 0, waiting: 0, memory: null, ...moment, target, workers };
  }

  /** The targets decided within `seconds` of the same moment repeated. */
  targets(seconds: number, moment: Moment = {}): number[] {
    return Array.from({ length: seconds * 4 }, () => this.tick(moment))
      .flatMap((decision) => decision === null ? [] : [decision.target]);
  }
}

Deno.test("without load nothing is decided", () => {
  assertEquals(new Run().targets(60), []);
});

Deno.test("more waiting connections than scale-backlog add one worker at once", () => {
  const run = new Run();
  assertEquals(run.tick({ waiting: 10 }), null);
  const decision = run.tick({ waiting: 11 });
  assertEquals(decision?.target, 2);
  assertMatch(decision!.reason, /^11 connections are waiting, more than scale-backlog 10 \(1 ready, /);
});

Deno.test("workers that are starting count against waiting connections", () => {
  const run = new Run();
  run.tick({ waiting: 11 });
  const starting = { target: 2, workers: [idle] };
  assertEquals(run.tick({ ...starting, waiting: 20 }), null);
  assertEquals(run.tick({ ...starting, waiting: 21 })?.target, 3);
});

Deno.test("requests in flight: up to the number of workers they need, in doubling steps", () => {
  const run = new Run();
  const total = (inFlight: number) => ({
    workers: Array.from(
      { length: run.target },
      (_, slot) => ({ ...idle, inFlight: slot === 0 ? inFlight : 0 }),
    ),
  });
  assertEquals(run.tick(total(50)), null);
  const targets = [];
  for (let tick = 0; tick < 8; tick++) targets.push(run.tick(total(520))?.target);
  assertEquals(targets, [2, 4, 8, 11, undefined, undefined, undefined, undefined]);
});

Deno.test("after a pause scaling up begins with one worker again", () => {
  const run = new Run();
  const first = run.tick({ each: { inFlight: 75 } });
  assertEquals(first?.target, 2);
  run.targets(3, { each: { inFlight: 45 } });
  assertEquals(run.tick({ each: { inFlight: 400 } })?.target, 3);
});

Deno.test("busy for a window: as many workers as bring it below scale-up-busy", () => {
  const run = new Run(2);
  assertEquals(run.tick({ each: { cpu: 0.8 } }), null);
  const decision = run.tick({ each: { cpu: 0.8 } });
  assertEquals(decision?.target, 3);
  assertMatch(decision!.reason, /^workers are 80 % busy, more than scale-up-busy 70 % /);
});

Deno.test("busy workers call for more only once the starting ones have taken their share", () => {
  const run = new Run(2);
  const busy = { target: 3, workers: [{ ...idle, cpu: 1 }, { ...idle, cpu: 1 }] };
  assertEquals(run.targets(2, busy), []);
  assertEquals(run.tick({ target: 3, workers: [...busy.workers, { ...idle, cpu: 1 }] }), null);
});

Deno.test("a blocked event loop with requests waiting adds a worker at once", () => {
  assertEquals(new Run().tick({ each: { lag: 120, inFlight: 2 } }), null);
  const decision = new Run().tick({ each: { lag: 120, inFlight: 5 } });
  assertEquals(decision?.target, 2);
  assertMatch(decision!.reason, /^event loops are blocked for 120 ms with 5 requests each/);
});

Deno.test("more workers than cores only if they wait rather than compute", () => {
  const waiting = { each: { inFlight: 100, cpu: 0.1 } };
  assert(new Run(4).targets(5, waiting).at(-1) === 16);
  assertEquals(new Run(4).targets(5, { each: { inFlight: 100, cpu: 0.9 } }), []);
  // Another program uses the cores, so event loops are late.
  assertEquals(new Run(4).targets(5, { each: { inFlight: 100, cpu: 0.2, lag: 40 } }), []);
  const decision = new Run(3, { max: 8 }).tick({ each: { inFlight: 200, cpu: 0.9 } });
  assertEquals(decision?.target, 4);
});

Deno.test("if demand cannot be met in full, the reason names the limit", () => {
  const reason = (over: Partial<Limits>, moment: Moment) => new Run(1, over).tick(moment)?.reason ?? "";
  assertMatch(
    reason({ max: 2 }, { each: { inFlight: 500 } }),
    /: 10 workers needed, limited to 2 by max-workers \(/,
  );
  assertMatch(
    reason({ cores: 2 }, { each: { inFlight: 500, cpu: 0.9 } }),
    /: 10 workers needed, limited to 2 by 2 cores, as the workers are CPU-bound \(/,
  );
  assertMatch(
    reason({ memoryBudget: 250 }, { each: { inFlight: 500 }, memory: 100 }),
    /: 10 workers needed, limited to 2 by memory-budget \(/,
  );
});

Deno.test("demand that cannot be met at all is reported with the limit", () => {
  const run = new Run(2, { max: 2 });
  assertEquals(run.tick({ each: { inFlight: 60 } }), null);
  const { limitedBy } = autoscale(run.scaling, run.sample({ each: { inFlight: 60 } }), { ...limits, max: 2 });
  assertMatch(
    limitedBy!,
    /^120 requests in flight, .*: 3 workers needed, but limited to 2 by max-workers \(2 ready, /,
  );
  assertEquals(autoscale(run.scaling, run.sample(), { ...limits, max: 2 }).limitedBy, undefined);
});

Deno.test("idle for idle-timeout: one worker is removed, then one per quarter of it, down to min-workers", () => {
  const run = new Run(5, { min: 2 });
  const times: number[] = [];
  for (let tick = 0; tick < 200; tick++) if (run.tick() !== null) times.push(run.now);
  assertEquals(times, [10_250, 12_750, 15_250]);
  assertEquals(run.target, 2);
});

Deno.test("workers that are threads come and go with their process", () => {
  const threads = { each: 4, min: 4, max: 14, cores: 32 };
  assertEquals(new Run(12, threads).targets(30), [8, 4]);
  assertEquals(new Run(4, threads).targets(2, { each: { inFlight: 55 } }).slice(0, 2), [8, 12]);
  // 14 has room for no fourth process.
  assertEquals(new Run(12, threads).targets(5, { each: { inFlight: 90 } }), []);
  // Seven of eight would be enough, four would not.
  assertEquals(new Run(8, threads).targets(60, { each: { inFlight: 40 } }), []);
});

Deno.test("the reason of a removal contains the window and the load", () => {
  const run = new Run(2);
  let decision: Decision | null = null;
  while (decision === null) decision = run.tick({ each: { inFlight: 3 } });
  assertMatch(
    decision.reason,
    /^less than scale-down-busy 30 % busy, and 1 worker would have been enough for 10 s \(2 ready, 6 requests in flight, 0 waiting, 0 % busy, /,
  );
});

Deno.test("no worker is removed while another is draining or starting, or if the remaining ones would have too much to do", () => {
  assertEquals(new Run(3).targets(20, { leaving: 1 }), []);
  assertEquals(new Run(3).targets(20, { target: 3, workers: [idle, idle] }), []);
  assertEquals(new Run(2).targets(20, { each: { inFlight: 21 } }), []);
  assertEquals(new Run(2, { scaleDownBusy: 0.6 }).targets(20, { each: { cpu: 0.5 } }), []);
});

Deno.test("a single busy moment restarts the window", () => {
  const run = new Run(2);
  run.targets(9);
  run.tick({ each: { cpu: 0.9 } });
  assertEquals(run.targets(9), []);
});

Deno.test("a target set by an operator stays for idle-timeout", () => {
  const run = new Run(1);
  run.targets(60);
  assertEquals(run.tick({ target: 4 }), null);
  assertEquals(run.targets(9), []);
  assertEquals(run.targets(2), [3]);
});

Deno.test("a target outside the bounds is brought back", () => {
  assertEquals(new Run(20).tick()?.target, 16);
  assertEquals(new Run(1, { min: 3 }).tick()?.target, 3);
});

Deno.test("adding a worker soon after a removal lengthens the window, until the flaps have decayed", () => {
  const run = new Run(2);
  const timeToDecision = () => {
    const since = run.now;
    while (run.tick() === null);
    return run.now - since;
  };
  const peak = () => {
    while (run.tick({ each: { inFlight: 80 } }) === null);
  };
  assertEquals(timeToDecision(), 10_250);
  peak();
  const longer = timeToDecision();
  assert(longer > 18_000 && longer <= 20_250, `${longer}`);
  peak();
  assert(timeToDecision() > 30_000);
  run.targets(3_600);
  run.target = 2;
  assert(timeToDecision() <= 10_500);
});

Deno.test("stuck workers are compensated for and do not count in the load", () => {
  const stuck = { inFlight: 200, cpu: 1, lag: 4_000 };
  assertEquals(
    new Run(3).targets(20, { workers: [stuck, { ...idle, inFlight: 30 }, { ...idle, inFlight: 30 }] }),
    [],
  );
  const decision = new Run(2).tick({ workers: [stuck, { ...idle, inFlight: 60 }] });
  assertEquals(decision?.target, 3);
  assertMatch(decision!.reason, /1 ready, 1 stuck/);
  assertEquals(new Run(1).targets(20, { workers: [stuck] }), []);
});

Deno.test("property: for any samples the target stays within its bounds and drops by at most one", () => {
  const worker = fc.record({
    inFlight: fc.nat(500),
    cpu: fc.option(fc.double({ min: 0, max: 4, noNaN: true })),
    lag: fc.nat(5_000),
  });
  const moment = fc.record({
    workers: fc.array(worker, { maxLength: 20 }),
    waiting: fc.nat(100),
    leaving: fc.nat(3),
    memory: fc.option(fc.nat(10 ** 9)),
    gap: fc.integer({ min: 1, max: 5_000 }),
  });
  fc.assert(fc.property(fc.array(moment, { maxLength: 100 }), (moments) => {
    let scaling = initialAutoscaling;
    let target = 2;
    let at = 0;
    for (const { gap, ...sample } of moments) {
      at += gap;
      const bounds = { ...limits, min: 2, max: 12, memoryBudget: 10 ** 8 };
      const result = autoscale(scaling, { ...sample, at, target }, bounds);
      scaling = result.scaling;
      const next = result.decision?.target ?? target;
      assert(next >= 2 && next <= 12 && next >= target - 1, `${target} -> ${next}`);
      assert(result.decision === null || next !== target);
      target = next;
    }
  }));
});
