import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { type FakeMaster, serving, settingsFor } from "../fake_master.ts";

/** A reload whose canary is ready: the first old worker is gone, and the second new one boots. */
async function rolling(workers: number): Promise<FakeMaster> {
  const master = await serving(workers);
  await master.signal("SIGHUP");
  await master.allReady();
  for (const fakeWorker of master.draining(1)) await master.exits(fakeWorker, 0);
  assertEquals([master.alive(1).length, master.alive(2).length], [workers - 1, 2]);
  assertEquals([master.arbiter.phase, master.arbiter.generation], ["reloading", 2]);
  return master;
}

/** Makes all booting workers ready, and lets all draining ones finish. */
async function calm(master: FakeMaster): Promise<void> {
  for (let round = 0; round < 10; round++) {
    await master.allReady();
    for (const generation of [1, 2, 3, 4]) {
      for (const fakeWorker of master.draining(generation)) await master.exits(fakeWorker, 0);
    }
  }
}

const failure = { code: "app-throws", message: "cannot boot a worker: no database" } as const;

Deno.test("if a worker fails to boot in the middle of a rollout the old generation comes back", async () => {
  const master = await rolling(3);
  const [canary, second] = master.alive(2);
  await second!.says({ type: "failed", failure });
  await master.exits(second!, 3);
  assertMatch(master.log, /reload failed, generation 1 keeps serving: cannot boot a worker: no database/);
  assertEquals([master.arbiter.phase, master.arbiter.generation], ["reloading", 1]);
  // The missing worker is started first; until it is ready the canary serves.
  assertEquals([master.alive(1).length, master.draining(1).length, master.draining(2).length], [3, 0, 0]);
  await master.allReady();
  assertEquals(master.draining(2), [canary]);
  assertEquals(master.discarded, []);
  await calm(master);
  assertEquals([master.alive(1).length, master.alive(2).length], [3, 0]);
  assertEquals([master.arbiter.phase, master.discarded], ["running", ["/run/2.mjs"]]);
  assertEquals(master.log.match(/reload failed/g)?.length, 1);
});

Deno.test("the old generation also comes back if a worker is not ready in time, or dies before it is ready", async () => {
  const late = await rolling(2);
  for (let time = 0; time < 60_000; time += 250) {
    for (const fakeWorker of [...late.alive(1), late.alive(2)[0]!]) late.slot(fakeWorker).heartbeat();
    await late.system.clock.advance(250);
  }
  assertMatch(late.log, /reload failed, generation 1 keeps serving: .*after 60 s \(boot-timeout\)/);
  const dead = await rolling(2);
  await dead.exits(dead.alive(2)[1]!, 9);
  assertMatch(dead.log, /reload failed, generation 1 keeps serving: .*ended with exit code 9/);
  for (const master of [late, dead]) {
    await calm(master);
    assertEquals([master.alive(1).length, master.alive(2).length, master.arbiter.phase], [2, 0, "running"]);
  }
});

Deno.test("a new worker that served, lost its listeners and does not listen again is replaced, and the reload goes on", async () => {
  const master = await rolling(2);
  const canary = master.alive(2)[0]!;
  await canary.says({ type: "closed" });
  await canary.says({ type: "loaded" });
  for (let time = 0; time < 30_500; time += 250) {
    for (const fakeWorker of master.alive()) master.slot(fakeWorker).heartbeat();
    await master.system.clock.advance(250);
  }
  assertEquals(canary.process.signals, ["SIGKILL"]);
  assertMatch(
    master.log,
    /killed: lost its listeners and did not listen again when it was its turn; replacing it now/,
  );
  await calm(master);
  assertEquals([master.alive(1).length, master.alive(2).length, master.arbiter.phase], [0, 2, "running"]);
  assert(!master.log.includes("reload failed"), master.log);
});

Deno.test("if two workers fail to boot the reload fails once", async () => {
  const master = await serving(4, { reloadSurge: "2" });
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals([master.alive(1).length, master.alive(2).length, master.draining(1).length], [4, 3, 1]);
  const [, second, third] = master.alive(2);
  second!.process.end({ code: 1, signal: null });
  third!.process.end({ code: 1, signal: null });
  await calm(master);
  assertEquals(master.log.match(/reload failed/g)?.length, 1);
  assertEquals([master.alive(1).length, master.alive(2).length], [4, 0]);
});

Deno.test("a worker killed after it was ready is replaced by one of the new generation", async () => {
  const master = await rolling(2);
  master.alive(2)[0]!.process.end({ code: 137, signal: "SIGKILL" });
  await calm(master);
  assertEquals([master.alive(1).length, master.alive(2).length, master.arbiter.phase], [0, 2, "running"]);
  assertEquals(master.log.includes("reload failed"), false);
  assertEquals(master.discarded, ["/run/1.mjs"]);
});

Deno.test("after the rollout a worker that fails to boot is a death like any other", async () => {
  const master = await rolling(1 + 1);
  await calm(master);
  await master.exits(master.alive(2)[0]!, 1);
  await master.exits(master.alive(2)[1]!, 1);
  assertEquals([master.arbiter.generation, master.log.includes("reload failed")], [2, false]);
});

Deno.test("HUP in the middle of a rollout starts over once, and pauses the rollout meanwhile", async () => {
  const master = await rolling(3);
  let read = 0;
  master.renewing = () => {
    read++;
    return settingsFor(3);
  };
  const booting = master.alive(2)[1]!;
  await master.signal("SIGHUP");
  assertEquals(booting.process.signals, ["SIGKILL"]);
  assertEquals([master.draining(1).length, master.draining(2).length, master.alive(3).length], [0, 0, 1]);
  assertEquals(master.arbiter.phase, "reloading");
  await calm(master);
  assertEquals([master.alive(3).length, master.alive().length, read], [3, 3, 1]);
  assertEquals(master.discarded.toSorted(), ["/run/1.mjs", "/run/2.mjs"]);
});

Deno.test("if the newest code fails too, the last generation that was complete comes back", async () => {
  const master = await rolling(2);
  master.renewing = () => settingsFor(2);
  await master.signal("SIGHUP");
  await master.exits(master.alive(3)[0]!, 1);
  assertMatch(master.log, /reload failed, generation 1 keeps serving/);
  await calm(master);
  assertEquals([master.alive(1).length, master.alive().length, master.arbiter.generation], [2, 2, 1]);
});

Deno.test("three HUPs at once build twice", async () => {
  const master = await serving(1);
  let read = 0;
  master.renewing = () => {
    read++;
    return settingsFor(1);
  };
  for (let count = 0; count < 3; count++) master.arbiter.post({ type: "signal", signal: "SIGHUP" });
  await calm(master);
  assertEquals([read, master.arbiter.generation, master.alive(3).length], [2, 3, 1]);
});

Deno.test("a reload that fails restores the number of workers, unless TTIN has changed it since", async () => {
  for (const [signals, expected] of [[[], 2], [["SIGTTIN"], 5]] as const) {
    const master = await serving(2);
    master.renewing = () => settingsFor(4);
    await master.signal("SIGHUP");
    await master.allReady();
    assertEquals(master.arbiter.target, 4);
    for (const signal of signals) await master.signal(signal);
    await master.exits(master.alive(2)[1]!, 1);
    assertMatch(master.log, /reload failed, generation 1 keeps serving/);
    assertEquals(master.arbiter.target, expected);
    await calm(master);
    assertEquals([master.alive(1).length, master.arbiter.phase], [expected, "running"]);
  }
});

Deno.test("a reload that fails restores the bounds of automatic scaling", async () => {
  const cases = [
    [await serving(4), { maxWorkers: "2" }, 2],
    [await serving(4, { maxWorkers: "8" }), { maxWorkers: "2" }, 2],
    [await serving(1, { maxWorkers: "8" }), { minWorkers: "3", maxWorkers: "8" }, 3],
  ] as const;
  for (const [master, bounds, meanwhile] of cases) {
    const before = master.arbiter.target;
    master.renewing = () => settingsFor(1, bounds);
    await master.signal("SIGHUP");
    await master.allReady();
    assertEquals(master.arbiter.target, meanwhile);
    for (const fakeWorker of master.draining(1)) await master.exits(fakeWorker, 0);
    await master.exits(master.alive(2).at(-1)!, 1);
    assertMatch(master.log, /reload failed, generation 1 keeps serving/);
    assertEquals(master.arbiter.target, before);
    await calm(master);
    assertEquals([master.alive(1).length, master.alive().length], [before, before]);
  }
});

Deno.test("the target of TTIN survives a reload that was interrupted by another one", async () => {
  const master = await serving(1);
  await master.signal("SIGTTIN");
  await master.allReady();
  master.renewing = () => settingsFor(4);
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals(master.arbiter.target, 4);
  master.renewing = () => settingsFor(1);
  await master.signal("SIGHUP");
  await calm(master);
  assertEquals([master.arbiter.target, master.alive(3).length, master.alive().length], [2, 2, 2]);
});

Deno.test("WINCH while the canary boots leaves no worker, with any settings", async () => {
  for (const [before, after] of [[{}, {}], [{ maxWorkers: "4" }, { maxWorkers: "3" }]] as const) {
    const master = await serving(2, before);
    master.renewing = () => settingsFor(1, after);
    await master.signal("SIGHUP");
    await master.signal("SIGWINCH");
    await calm(master);
    assertEquals([master.arbiter.target, master.alive().length], [0, 0]);
  }
});

Deno.test("WINCH in the middle of a rollout leaves no worker, and a later HUP starts them again", async () => {
  const master = await rolling(2);
  await master.signal("SIGWINCH");
  await calm(master);
  assertEquals([master.alive().length, master.arbiter.phase, master.arbiter.generation], [0, "running", 2]);
  await master.signal("SIGHUP");
  assertEquals(master.alive().map(({ generation }) => generation), [3], "no worker of the old code");
  await master.allReady();
  assertMatch(master.log, /workers: 0 -> 2: a reload\n/);
  await calm(master);
  assert(master.arbiter.phase === "running");
  assertEquals([master.alive(3).length, master.alive().length], [2, 2]);
});

Deno.test("a reload of a server without workers that fails brings the old generation back", async () => {
  const master = await serving(2);
  await master.signal("SIGWINCH");
  await calm(master);
  await master.signal("SIGHUP");
  await master.exits(master.alive(2)[0]!, 9);
  assertMatch(master.log, /reload failed, generation 1 keeps serving: .*ended with exit code 9/);
  assertEquals([master.arbiter.target, master.alive(1).length, master.alive(2).length], [2, 2, 0]);
  await calm(master);
  assertEquals(master.arbiter.phase, "running");
});

Deno.test("a reload of a server without workers whose second worker does not boot does the same", async () => {
  const master = await serving(2);
  await master.signal("SIGWINCH");
  await calm(master);
  await master.signal("SIGHUP");
  await master.allReady();
  await master.exits(master.alive(2)[1]!, 9);
  await calm(master);
  assertEquals([master.arbiter.target, master.alive(1).length, master.alive(2).length], [2, 2, 0]);
});

Deno.test("a reload that is overtaken by WINCH ends, with a line", async () => {
  for (const isBuilt of [true, false]) {
    const master = await serving(2);
    if (isBuilt) await master.signal("SIGHUP");
    await master.signal("SIGWINCH");
    if (!isBuilt) {
      await master.signal("SIGHUP");
      await master.signal("SIGWINCH");
    }
    await calm(master);
    assertMatch(
      master.log,
      /reload failed, generation 1 keeps serving: cannot reload: all workers were drained/,
    );
    assertEquals([master.arbiter.phase, master.alive().length], ["running", 0]);
    await master.signal("SIGTTIN");
    await calm(master);
    assertEquals([master.alive(1).length, master.alive().length], [1, 1]);
  }
});

Deno.test("a reload that is overtaken by a stop ends, with a line", async () => {
  const master = await rolling(2);
  await master.signal("SIGTERM");
  assertMatch(master.log, /reload abandoned: the server is stopping\n/);
  assertEquals(master.log.match(/reload abandoned/g)?.length, 1);
  const { outcome, text } = master.arbiter.eventLog.transition!;
  assertEquals([outcome, text], ["failed", "reload abandoned: the server is stopping"]);
});
