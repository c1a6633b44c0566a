import { assert, assertEquals, assertMatch } from "../assert.ts";
import { serving, settingsFor, type Stage } from "./stage.ts";

/** A reload whose canary is ready: the first old worker has gone, and the second new one boots. */
async function rolling(workers: number): Promise<Stage> {
  const stage = await serving(workers);
  await stage.signal("SIGHUP");
  await stage.allReady();
  for (const actor of stage.draining(1)) await stage.exits(actor, 0);
  assertEquals([stage.alive(1).length, stage.alive(2).length], [workers - 1, 2]);
  assertEquals([stage.arbiter.phase, stage.arbiter.generation], ["reloading", 2]);
  return stage;
}

/** Lets all boot that do, and all finish that shall. */
async function calm(stage: Stage): Promise<void> {
  for (let round = 0; round < 10; round++) {
    await stage.allReady();
    for (const generation of [1, 2, 3, 4]) {
      for (const actor of stage.draining(generation)) await stage.exits(actor, 0);
    }
  }
}

const failure = { code: "app-throws", message: "cannot boot a worker: no database" } as const;

Deno.test("a worker that does not boot in the middle of a roll brings the old generation back", async () => {
  const stage = await rolling(3);
  const [canary, second] = stage.alive(2);
  await second!.says({ type: "failed", failure });
  await stage.exits(second!, 3);
  assertMatch(stage.log, /reload failed, generation 1 keeps serving: cannot boot a worker: no database/);
  assertEquals([stage.arbiter.phase, stage.arbiter.generation], ["reloading", 1]);
  // The one that is missing comes first; until it is ready the canary serves on.
  assertEquals([stage.alive(1).length, stage.draining(1).length, stage.draining(2).length], [3, 0, 0]);
  await stage.allReady();
  assertEquals(stage.draining(2), [canary]);
  assertEquals(stage.discarded, []);
  await calm(stage);
  assertEquals([stage.alive(1).length, stage.alive(2).length], [3, 0]);
  assertEquals([stage.arbiter.phase, stage.discarded], ["running", ["/run/2.mjs"]]);
  assertEquals(stage.log.match(/reload failed/g)?.length, 1);
});

Deno.test("so does one that is not ready in time, or dies before it is ready", async () => {
  const late = await rolling(2);
  for (let time = 0; time < 60_000; time += 250) {
    for (const actor of [...late.alive(1), late.alive(2)[0]!]) late.slot(actor).beat();
    await late.system.clock.advance(250);
  }
  assertMatch(late.log, /reload failed, generation 1 keeps serving: .*after 60 s \(boot-timeout\)/);
  const dead = await rolling(2);
  await dead.exits(dead.alive(2)[1]!, 9);
  assertMatch(dead.log, /reload failed, generation 1 keeps serving: .*ended with exit code 9/);
  for (const stage of [late, dead]) {
    await calm(stage);
    assertEquals([stage.alive(1).length, stage.alive(2).length, stage.arbiter.phase], [2, 0, "running"]);
  }
});

Deno.test("when two do not boot the reload fails once", async () => {
  const stage = await serving(4, { reloadSurge: "2" });
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals([stage.alive(1).length, stage.alive(2).length, stage.draining(1).length], [4, 3, 1]);
  const [, second, third] = stage.alive(2);
  second!.process.end({ code: 1, signal: null });
  third!.process.end({ code: 1, signal: null });
  await calm(stage);
  assertEquals(stage.log.match(/reload failed/g)?.length, 1);
  assertEquals([stage.alive(1).length, stage.alive(2).length], [4, 0]);
});

Deno.test("a worker killed after it was ready is replaced by one of the new generation", async () => {
  const stage = await rolling(2);
  stage.alive(2)[0]!.process.end({ code: 137, signal: "SIGKILL" });
  await calm(stage);
  assertEquals([stage.alive(1).length, stage.alive(2).length, stage.arbiter.phase], [0, 2, "running"]);
  assertEquals(stage.log.includes("reload failed"), false);
  assertEquals(stage.discarded, ["/run/1.mjs"]);
});

Deno.test("once all are replaced a worker that does not boot is a death like any other", async () => {
  const stage = await rolling(1 + 1);
  await calm(stage);
  await stage.exits(stage.alive(2)[0]!, 1);
  await stage.exits(stage.alive(2)[1]!, 1);
  assertEquals([stage.arbiter.generation, stage.log.includes("reload failed")], [2, false]);
});

Deno.test("HUP in the middle of a roll starts over once, and holds the roll meanwhile", async () => {
  const stage = await rolling(3);
  let read = 0;
  stage.renewing = () => {
    read++;
    return settingsFor(3);
  };
  const booting = stage.alive(2)[1]!;
  await stage.signal("SIGHUP");
  assertEquals(booting.process.signals, ["SIGKILL"]);
  assertEquals([stage.draining(1).length, stage.draining(2).length, stage.alive(3).length], [0, 0, 1]);
  assertEquals(stage.arbiter.phase, "reloading");
  await calm(stage);
  assertEquals([stage.alive(3).length, stage.alive().length, read], [3, 3, 1]);
  assertEquals(stage.discarded.toSorted(), ["/run/1.mjs", "/run/2.mjs"]);
});

Deno.test("if the newest code fails too, the generation that served last with all its workers is back", async () => {
  const stage = await rolling(2);
  stage.renewing = () => settingsFor(2);
  await stage.signal("SIGHUP");
  await stage.exits(stage.alive(3)[0]!, 1);
  assertMatch(stage.log, /reload failed, generation 1 keeps serving/);
  await calm(stage);
  assertEquals([stage.alive(1).length, stage.alive().length, stage.arbiter.generation], [2, 2, 1]);
});

Deno.test("three HUPs at once build twice", async () => {
  const stage = await serving(1);
  let read = 0;
  stage.renewing = () => {
    read++;
    return settingsFor(1);
  };
  for (let count = 0; count < 3; count++) stage.arbiter.post({ type: "signal", signal: "SIGHUP" });
  await calm(stage);
  assertEquals([read, stage.arbiter.generation, stage.alive(3).length], [2, 3, 1]);
});

Deno.test("a reload that fails takes its number of workers back, but not what TTIN asked for since", async () => {
  for (const [signals, expected] of [[[], 2], [["SIGTTIN"], 5]] as const) {
    const stage = await serving(2);
    stage.renewing = () => settingsFor(4);
    await stage.signal("SIGHUP");
    await stage.allReady();
    assertEquals(stage.arbiter.target, 4);
    for (const signal of signals) await stage.signal(signal);
    await stage.exits(stage.alive(2)[1]!, 1);
    assertMatch(stage.log, /reload failed, generation 1 keeps serving/);
    assertEquals(stage.arbiter.target, expected);
    await calm(stage);
    assertEquals([stage.alive(1).length, stage.arbiter.phase], [expected, "running"]);
  }
});

Deno.test("a reload that fails takes the bounds of its automatic scaling back", async () => {
  const cases = [
    [await serving(4), { maxWorkers: "2" }, 2],
    [await serving(4, { maxWorkers: "8" }), { maxWorkers: "2" }, 2],
    [await serving(1, { maxWorkers: "8" }), { minWorkers: "3", maxWorkers: "8" }, 3],
  ] as const;
  for (const [stage, bounds, meanwhile] of cases) {
    const before = stage.arbiter.target;
    stage.renewing = () => settingsFor(1, bounds);
    await stage.signal("SIGHUP");
    await stage.allReady();
    assertEquals(stage.arbiter.target, meanwhile);
    for (const actor of stage.draining(1)) await stage.exits(actor, 0);
    await stage.exits(stage.alive(2).at(-1)!, 1);
    assertMatch(stage.log, /reload failed, generation 1 keeps serving/);
    assertEquals(stage.arbiter.target, before);
    await calm(stage);
    assertEquals([stage.alive(1).length, stage.alive().length], [before, before]);
  }
});

Deno.test("TTIN's target survives a reload that was interrupted by another one", async () => {
  const stage = await serving(1);
  await stage.signal("SIGTTIN");
  await stage.allReady();
  stage.renewing = () => settingsFor(4);
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals(stage.arbiter.target, 4);
  stage.renewing = () => settingsFor(1);
  await stage.signal("SIGHUP");
  await calm(stage);
  assertEquals([stage.arbiter.target, stage.alive(3).length, stage.alive().length], [2, 2, 2]);
});

Deno.test("WINCH while the first worker of a reload boots leaves nobody, whatever the settings were", async () => {
  for (const [before, after] of [[{}, {}], [{ maxWorkers: "4" }, { maxWorkers: "3" }]] as const) {
    const stage = await serving(2, before);
    stage.renewing = () => settingsFor(1, after);
    await stage.signal("SIGHUP");
    await stage.signal("SIGWINCH");
    await calm(stage);
    assertEquals([stage.arbiter.target, stage.alive().length], [0, 0]);
  }
});

Deno.test("WINCH in the middle of a roll ends it with nobody, and a later HUP revives", async () => {
  const stage = await rolling(2);
  await stage.signal("SIGWINCH");
  await calm(stage);
  assertEquals([stage.alive().length, stage.arbiter.phase, stage.arbiter.generation], [0, "running", 2]);
  await stage.signal("SIGHUP");
  assertMatch(stage.log, /workers: 0 -> 2: a reload\n/);
  await calm(stage);
  assert(stage.arbiter.phase === "running");
  assertEquals([stage.alive(3).length, stage.alive().length], [2, 2]);
});
