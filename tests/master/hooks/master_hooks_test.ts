import { DenicornError } from "../../../src/core/errors.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import type { Logger } from "../../../src/log/logger.ts";
import { MasterHooks } from "../../../src/master/hooks/master_hooks.ts";
import type { Generation } from "../../../src/master/workers/generation.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { FakeMaster } from "../fake_master.ts";

/** A master with one worker that is ready and has these hooks. */
async function started(...names: Parameters<FakeMaster["giveHooks"]>): Promise<FakeMaster> {
  const master = new FakeMaster(1);
  await master.giveHooks(...names);
  await master.allReady();
  master.hookCalls.length = 0;
  return master;
}

function names(master: FakeMaster): string[] {
  return master.hookCalls.map(({ name }) => name);
}

const failure = new DenicornError("hook", "hook of a test threw");
const server = { pid: 41, generation: 1, app: "app.ts", workers: 1 };

Deno.test("a worker is started when its preSpawn is done, once for each worker", async () => {
  const master = await started("preSpawn", "postSpawn", "childExit");
  const [worker] = master.alive();
  await master.exits(worker!, 1);
  const place = { slot: 0, role: "requests", generation: 1 };
  const exit = { code: 1, signal: null, isExpected: false, text: "died (exit code 1)" };
  assertEquals(master.hookCalls.map(({ name, args }) => [name, ...args]), [
    ["childExit", { ...place, pid: 100 }, exit, server],
    ["preSpawn", place, server],
  ]);
  await master.system.clock.advance(5_000);
  assertEquals(master.alive(), []);
  master.hookCalls[1]!.end(null);
  await settled();
  assertEquals(master.alive().length, 1);
  assertEquals(names(master), ["childExit", "preSpawn", "postSpawn"]);
  assertEquals(master.hookCalls[2]!.args, [{ ...place, pid: 101 }, server]);
});

Deno.test("a worker whose preSpawn fails is started all the same, and the log says so", async () => {
  const master = await started("preSpawn");
  await master.exits(master.alive()[0]!, 1);
  master.hookCalls[0]!.end(failure);
  await settled();
  assertEquals(master.alive().length, 1);
  assertMatch(master.log, /error +master pid=41  hook of a test threw: the worker is started all the same\n/);
});

Deno.test("preSpawn is called again for a worker that was not wanted when it was done", async () => {
  const master = await started("preSpawn");
  await master.signal("SIGTTIN");
  await master.signal("SIGTTOU");
  master.hookCalls[0]!.end(null);
  await master.system.clock.advance(2_000);
  assertEquals(master.alive().length, 1);
  await master.signal("SIGTTIN");
  assertEquals([names(master), master.alive().length], [["preSpawn", "preSpawn"], 1]);
  master.hookCalls[1]!.end(null);
  await settled();
  assertEquals(master.alive().length, 2);
});

Deno.test("nworkersChanged gets the new number and the one before", async () => {
  const master = await started("nworkersChanged");
  await master.signal("SIGTTIN");
  assertEquals(master.hookCalls.map(({ args }) => args), [[2, 1, { ...server, workers: 2 }]]);
  master.hookCalls[0]!.end(failure);
  await settled();
  assertMatch(master.log, /error +master pid=41  hook of a test threw\n/);
});

Deno.test("an upgrade begins when preUpgrade is done, and not if it fails", async () => {
  const master = await started("preUpgrade");
  await master.signal("SIGUSR2");
  assertEquals(names(master), ["preUpgrade"]);
  assert(!master.log.includes("upgrade: process"));
  master.hookCalls[0]!.end(failure);
  await settled();
  assertMatch(master.log, /upgrade failed, this master keeps serving: hook of a test threw\n/);
  await master.signal("SIGUSR2");
  master.hookCalls[1]!.end(null);
  await master.system.clock.advance(1_000);
  assertMatch(master.log, /upgrade: process 1 starts from/);
  assertEquals(names(master), ["preUpgrade", "preUpgrade"]);
});

Deno.test("an upgrade that is cancelled while preUpgrade runs does not begin", async () => {
  const master = await started("preUpgrade");
  await master.signal("SIGUSR2");
  await master.signal("SIGTERM");
  master.hookCalls[0]!.end(null);
  await master.system.clock.advance(1_000);
  assert(!master.log.includes("upgrade: process"));
});

Deno.test("only hooks that a generation has are called, and what asks gets their errors", async () => {
  const master = await started("onReload");
  assertEquals([master.hooks.has("onReload", 1), master.hooks.has("onExit", 1)], [true, false]);
  await master.hooks.tell("onExit", 1);
  await master.hooks.ask("onReload", 2);
  const asked = master.hooks.ask("onReload", 1);
  master.hookCalls[0]!.end(failure);
  await assertRejects(() => asked, DenicornError, "hook of a test threw");
  assertEquals(names(master), ["onReload"]);
});

Deno.test("at the end of a generation its bundle is removed", async () => {
  const master = await started("onExit");
  master.hooks.close(1);
  await master.hooks.end();
  assertEquals(master.discarded, ["hooks"]);
  assert(!master.hooks.has("onExit", 1));
});

Deno.test("a stop gives the last calls a second, and then kills their process", async () => {
  const clock = new FakeClock();
  const gone = Promise.withResolvers<void>();
  let kills = 0;
  const process = {
    ...{ isExpected: false, link: () => null, call: () => Promise.resolve(null) },
    end: () => gone.promise,
    kill() {
      kills++;
      gone.resolve();
    },
  };
  const hooks = new MasterHooks({
    clock,
    logger: {} as Logger,
    server: () => server,
    open: () => Promise.resolve({ hooks: declared, process, discard: () => {} }),
    wake: () => {},
  });
  const declared = {
    names: ["childExit"] as const,
    source: "/srv/denicorn.config.ts",
    bundle: "/run/hooks-1.mjs",
  };
  await hooks.open({ number: 1 } as Generation, { ...declared, text: "" });
  let hasEnded = false;
  void hooks.end().then(() => hasEnded = true);
  await clock.advance(900);
  assertEquals([kills, hasEnded], [0, false]);
  await clock.advance(100);
  assertEquals([kills, hasEnded], [1, true]);
});

Deno.test("whenReady is called once", async () => {
  const master = new FakeMaster(1);
  await master.giveHooks("whenReady");
  await master.allReady();
  await master.signal("SIGTTIN");
  await master.allReady();
  assertEquals(master.hookCalls.map(({ name, args }) => [name, ...args]), [["whenReady", server]]);
});
