import { assert, assertEquals, assertMatch } from "../assert.ts";
import { type Actor, serving, settingsFor, type Stage } from "./stage.ts";

/** Every ready worker has so many requests in flight for `ms`, and beats. */
async function loaded(
  stage: Stage,
  inFlight: number | ((actor: Actor) => number),
  ms: number,
): Promise<void> {
  for (let passed = 0; passed < ms; passed += 25) {
    for (const actor of stage.alive()) {
      stage.slot(actor).inFlight = typeof inFlight === "number" ? inFlight : inFlight(actor);
      stage.slot(actor).rhythm = 25;
      stage.slot(actor).beat();
    }
    await stage.system.clock.advance(25);
  }
}

const range = { maxWorkers: "4", targetConcurrency: "10", idleTimeout: "2s" } as const;

Deno.test("the start begins with min-workers, load adds more, and calm drains those with least to do", async () => {
  const stage = await serving(1, range);
  await loaded(stage, 35, 250);
  assertEquals(stage.arbiter.target, 2);
  assertMatch(
    stage.log,
    /workers: 1 -> 2: 35 requests in flight, more than target-concurrency 10 .* \(1 ready, /,
  );
  await loaded(stage, 35, 250);
  assertEquals(stage.arbiter.target, 4);
  await stage.allReady();
  await loaded(stage, 0, 1_750);
  assertEquals(stage.draining(1).length, 0);
  // Not the highest slot: that one works.
  await loaded(stage, ({ slot }) => slot === 2 ? 0 : 1, 1_000);
  assertEquals(stage.draining(1).map(({ slot }) => slot), [2]);
  assertMatch(stage.log, /workers: 4 -> 3: below scale-down-busy 30 % and 3 would do for 2 s/);
});

Deno.test("an operator moves the target within the bounds, and WINCH stops it until a reload", async () => {
  const stage = await serving(1, range);
  for (let more = 0; more < 5; more++) await stage.signal("SIGTTIN");
  assertEquals(stage.arbiter.target, 4);
  assertMatch(stage.log, /workers: 5 are asked for, 1 to 4 may be/);
  await stage.allReady();
  await stage.signal("SIGWINCH");
  assertEquals(stage.arbiter.target, 0);
  await loaded(stage, 50, 2_000);
  assertEquals(stage.arbiter.target, 0);
  await stage.signal("SIGHUP");
  assertEquals(stage.arbiter.target, 1);
});

Deno.test("a reload brings the target within new bounds at once", async () => {
  const stage = await serving(3, range);
  stage.renewing = () => settingsFor(1, { ...range, maxWorkers: "2" });
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals(stage.arbiter.target, 2);
  stage.renewing = () => settingsFor(5);
  await stage.allReady();
  for (const actor of stage.draining(1)) await stage.exits(actor, 0);
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals(stage.arbiter.target, 5);
  await loaded(stage, 0, 5_000);
  assertEquals(stage.arbiter.target, 5);
});

Deno.test("CPU time and waiting connections come from /proc where the master has nothing better", async () => {
  const stage = await serving(1, range);
  const [worker] = stage.actors;
  let cpu = 0;
  const busy = async (ticks: number) => {
    cpu += 25 * ticks;
    stage.system.texts.set(
      `/proc/${worker!.process.pid}/stat`,
      `${worker!.process.pid} (deno) S 0 0 0 0 0 0 0 0 0 0 ${cpu} 0 0 0`,
    );
    await loaded(stage, 1, 250);
  };
  for (let tick = 0; tick < 4; tick++) await busy(0.9);
  assertMatch(stage.log, /workers: 1 -> 2: workers are busy for 90 %/);

  const other = await serving(1, range);
  other.system.texts.set(
    "/proc/net/tcp",
    "  0: 0100007F:1F40 00000000:0000 0A 00000000:0000000C 00:00000000 00000000\n",
  );
  await loaded(other, 0, 250);
  assertMatch(other.log, /workers: 1 -> 2: 12 connections wait, more than scale-backlog 10/);
});

Deno.test("memory is looked at once a second, only with a budget, and holds growth", async () => {
  const stage = await serving(1, { ...range, memoryBudget: "100M" });
  const pid = stage.actors[0]!.process.pid;
  stage.system.texts.set(
    `/proc/${pid}/smaps_rollup`,
    "Rss: 70000 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 40000 kB\n",
  );
  await loaded(stage, 100, 1_250);
  await loaded(stage, 100, 250);
  assert(stage.arbiter.target <= 2, `${stage.arbiter.target}`);
  assertMatch(stage.log, /10 needed, 2 by memory-budget/);
});
