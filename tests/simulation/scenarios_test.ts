import type { Limits } from "../../src/core/pool/autoscale.ts";
import { assert, assertEquals } from "../assert.ts";
import { curves } from "./curves.ts";
import { limits, type NamedScenario, scenarios } from "./scenarios.ts";
import { memoryOfWorker, type Scenario, simulate, type Tick, tickInterval } from "./simulate.ts";

const runs = new Map<Scenario, readonly Tick[]>();

/** Runs each scenario once. */
function run(scenario: Scenario): readonly Tick[] {
  const ticks = runs.get(scenario) ?? simulate(scenario);
  runs.set(scenario, ticks);
  return ticks;
}

/** The target at a moment, in seconds. */
function targetAt(ticks: readonly Tick[], seconds: number): number {
  return ticks.findLast(({ at }) => at <= seconds * 1000)!.target;
}

/** The times, in milliseconds, at which the direction of the target changes. */
function reversals(ticks: readonly Tick[]): number[] {
  const times: number[] = [];
  let direction = 0;
  ticks.slice(1).forEach(({ at, target }, index) => {
    const next = Math.sign(target - ticks[index]!.target);
    if (next !== 0 && direction !== 0 && next !== direction) times.push(at);
    if (next !== 0) direction = next;
  });
  return times;
}

function maxPerMinute(times: readonly number[]): number {
  return Math.max(
    0,
    ...times.map((at) => times.filter((other) => other > at - 60_000 && other <= at).length),
  );
}

function assertWithin(value: number, from: number, to: number, what: string): void {
  assert(value >= from && value <= to, `${what}: ${value} is not from ${from} to ${to}`);
}

Deno.test("the target stays within its bounds under any load", () => {
  for (const [name, scenario] of Object.entries<NamedScenario>(scenarios)) {
    for (const { target } of run(scenario)) assertWithin(target, limits.min, limits.max, name);
  }
  for (const scenario of [scenarios.step, scenarios.compute, scenarios.spike]) {
    const narrow = run({ ...scenario, limits: { ...scenario.limits, min: 2, max: 3 } });
    for (const { target } of narrow) assertWithin(target, 2, 3, scenario.title);
  }
});

Deno.test("the target changes direction at most twice a minute, unless the load does", () => {
  const { onOff: _, ...others } = scenarios;
  for (const [name, scenario] of Object.entries<NamedScenario>(others)) {
    assertWithin(maxPerMinute(reversals(run(scenario))), 0, 2, name);
  }
});

Deno.test("under steady load the target settles, at any level and with any seed", () => {
  for (let seed = 1; seed <= 6; seed++) {
    const rate = 40 + 191 * seed;
    const scenario: Scenario = {
      ...scenarios.ramp,
      seed,
      arrivals: { type: "open", perSecond: () => rate },
      lasts: 150,
    };
    const found = reversals(simulate(scenario));
    assertEquals(found.filter((at) => at > 60_000).length <= 1, true, `${rate}/s turns at ${found}`);
    assertWithin(maxPerMinute(found), 0, 2, `${rate}/s`);
  }
});

Deno.test("a step of the load is answered within three ticks, at any moment and for any kind of work", () => {
  for (const scenario of [scenarios.step, scenarios.compute]) {
    for (let phase = 0; phase < 10; phase++) {
      const from = 10_000 + phase * tickInterval / 10;
      const high = scenario === scenarios.step ? 300 : 50;
      const ticks = simulate({
        ...scenario,
        arrivals: { type: "closed", count: (now) => now >= from ? high : 1 },
        lasts: 14,
        seed: phase,
      });
      const answer = ticks.find(({ at, target }) => at >= from && target > 1);
      assert(
        answer !== undefined && answer.at - from <= 3 * tickInterval,
        `${phase}: ${answer?.at} for ${from}`,
      );
    }
  }
});

Deno.test("for requests that wait the target settles at the number their concurrency needs", () => {
  assertEquals(targetAt(run(scenarios.step), 12), 6);
  assertEquals(targetAt(run(scenarios.step), 60), 6);
  assertEquals(targetAt(run(scenarios.step), 119), 1);
  // 1200 requests a second, 200 ms each: 240 at a time.
  assertWithin(targetAt(run(scenarios.ramp), 89), 5, 6, "after the ramp");
  assertWithin(targetAt(run(scenarios.day), 150), 5, 6, "at noon");
  assertEquals(targetAt(run(scenarios.day), 299), 1);
});

Deno.test("for requests that compute the target settles at the number of cores, with any number of clients", () => {
  assertEquals(targetAt(run(scenarios.compute), 13), 4);
  for (const { target } of run(scenarios.compute)) assertWithin(target, 1, 4, "50 clients");
  for (const clients of [20, 100, 200]) {
    const arrivals = { type: "closed", count: () => clients } as const;
    const ticks = simulate({ ...scenarios.compute, arrivals, lasts: 30 });
    assertEquals(ticks.at(-1)!.target, 4, `${clients} clients`);
    for (const { target } of ticks) assertWithin(target, 1, 5, `${clients} clients`);
  }
});

Deno.test("for mixed requests the target keeps workers below scale-up-busy", () => {
  // 150 requests a second, 8 ms of computing each: 1.2 cores.
  assertWithin(targetAt(run(scenarios.mixed), 60), 2, 3, "mixed");
});

Deno.test("on and off: the stabilization window grows, so the target changes direction less often", () => {
  const times = reversals(run(scenarios.onOff));
  const early = times.filter((at) => at < 150_000).length;
  const late = times.filter((at) => at >= 150_000 && at < 300_000).length;
  assert(late < early && late <= 1, `${early} reversals, then ${late}`);
});

Deno.test("workers added for a spike are removed again", () => {
  const ticks = run(scenarios.spike);
  assert(targetAt(ticks, 13) >= 4);
  assertEquals(targetAt(ticks, 60), 1);
});

Deno.test("a hanging worker adds at most one worker", () => {
  const ticks = run(scenarios.stuck);
  const before = targetAt(ticks, 29);
  for (const { at, target } of ticks) {
    if (at > 30_000) assertWithin(target, before, before + 1, `at ${at / 1000} s`);
  }
});

Deno.test("the memory budget limits growth and removes no workers", () => {
  const memoryBudget = 3.5 * memoryOfWorker;
  const within = (over: Partial<Limits>) =>
    run({ ...scenarios.step, limits: { ...limits, memoryBudget, ...over } });
  assertEquals(Math.max(...within({}).map(({ target }) => target)), 3);
  assertEquals(targetAt(within({ min: 5 }), 60), 5);
});

for (const [path, draw] of Object.entries(curves)) {
  Deno.test(`${path} is up to date`, () => {
    const drawn = Deno.readTextFileSync(new URL(`../../${path}`, import.meta.url));
    assertEquals(drawn, draw(), `${path} is out of date: run \`make docs\``);
  });
}
