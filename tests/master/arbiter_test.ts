import { DenicornError } from "../../src/core/errors.ts";
import type { AppBundle } from "../../src/master/generation.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { settled } from "../fakes/fake_clock.ts";
import { FakeProcess } from "../fakes/fake_system.ts";
import { type Actor, serving, settingsFor, Stage } from "./stage.ts";

const failure = { code: "app-throws", message: "cannot load the app: it threw" } as const;

Deno.test("workers start while the app is bundled and get their orders when it is", async () => {
  const { promise, resolve } = Promise.withResolvers<AppBundle>();
  const stage = new Stage(1, () => promise);
  await settled();
  const [worker] = stage.actors;
  await worker!.says({ type: "hello", token: "", version: "" });
  assertEquals(worker!.received, []);
  resolve({ source: "/srv/app.ts", exportName: "app", path: "/run/1.mjs" });
  await settled();
  const [orders] = worker!.received;
  assert(orders?.type === "load");
  assertEquals([orders.orders.bundle, orders.orders.exportName, orders.orders.slot], [
    "/run/1.mjs",
    "app",
    0,
  ]);
});

Deno.test("a failed boot at the start is told once, by the first of eight, and ends everything", async () => {
  const stage = new Stage(8);
  await settled();
  for (const actor of stage.actors) await actor.says({ type: "failed", failure });
  for (const actor of stage.actors) await stage.exits(actor, 4);
  assert(stage.outcome instanceof DenicornError);
  assertEquals([stage.outcome.code, stage.outcome.exitCode, stage.actors.length], ["app-throws", 4, 8]);
  assertEquals(stage.log, "");
});

Deno.test("last words that are read only after the exit still tell why", async () => {
  const stage = new Stage(1);
  stage.linksAreSlow = true;
  await settled();
  const [worker] = stage.actors;
  await worker!.says({ type: "hello", token: "", version: "" });
  await stage.exits(worker!, 4);
  await worker!.says({ type: "failed", failure });
  await worker!.unlinks();
  assert(stage.outcome instanceof DenicornError);
  assertEquals(stage.outcome.code, "app-throws");
});

Deno.test("a bundle that fails at the start ends the workers that had begun", async () => {
  const stage = new Stage(2, () => Promise.reject(new DenicornError("app-syntax", "cannot parse")));
  await settled();
  await settled();
  assert(stage.outcome instanceof DenicornError);
  assertEquals([stage.outcome.exitCode, stage.alive().length], [4, 0]);
});

Deno.test("a roll: canary first, then one new for one old", async () => {
  const stage = await serving(2);
  await stage.signal("SIGHUP");
  assertEquals(stage.alive(2).length, 1);
  const draining = () =>
    stage.alive(1).filter(({ received }) => received.some(({ type }) => type === "drain"));
  assertEquals(draining().length, 0);
  await stage.allReady();
  assertEquals([draining().length, stage.alive(2).length], [1, 2]);
  await stage.allReady();
  assertEquals(draining().length, 2);
  for (const actor of draining()) await stage.exits(actor, 0);
  assertEquals([stage.arbiter.phase, stage.arbiter.generation], ["running", 2]);
  assertMatch(stage.log, /2 workers of generation 2 ready/);
});

Deno.test("settings that cannot be read fail the reload and change nothing", async () => {
  const stage = await serving(2);
  stage.renewing = () => {
    throw new DenicornError("setting-invalid", "workers: many is not accepted");
  };
  await stage.signal("SIGHUP");
  assertMatch(stage.log, /reload failed, generation 1 keeps serving: workers: many/);
  assertEquals([stage.alive(1).length, stage.alive(2).length, stage.arbiter.phase], [2, 0, "running"]);
});

Deno.test("a reload with another number of workers sets the target; one without keeps TTIN's", async () => {
  const stage = await serving(1);
  await stage.signal("SIGTTIN");
  await stage.allReady();
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals(stage.arbiter.target, 2);
  stage.renewing = () => settingsFor(5);
  await stage.signal("SIGHUP");
  await stage.allReady();
  assertEquals(stage.arbiter.target, 5);
});

Deno.test("a HUP during the start reloads once the first worker is ready", async () => {
  const stage = new Stage(1);
  await stage.signal("SIGHUP");
  assertEquals(stage.alive(2).length, 0);
  await stage.allReady();
  assertEquals(stage.alive(2).length, 1);
});

Deno.test("TERM in the middle of a reload drains the old and kills the canary", async () => {
  const stage = await serving(2);
  await stage.signal("SIGHUP");
  await stage.signal("SIGTERM");
  assertEquals(stage.alive(2).length, 0);
  for (const actor of stage.alive(1)) {
    assertEquals(actor.received.at(-1), { type: "drain", handedOver: false });
    await stage.exits(actor, 0);
  }
  assertEquals(stage.outcome, null);
});

Deno.test("a storm of deaths is at most one line a second, and the healthy worker is left alone", async () => {
  const stage = await serving(2);
  const healthy = stage.actors[0]!;
  const start = stage.system.clock.monotonic();
  for (let death = 0; death < 60; death++) {
    for (const actor of stage.alive()) {
      if (actor === healthy) continue;
      await actor.says({ type: "ready", addresses: [] });
      await stage.exits(actor, 1);
    }
    await stage.system.clock.advance(500);
    stage.slot(healthy).beat();
  }
  const seconds = (stage.system.clock.monotonic() - start) / 1000;
  assert(stage.lines <= seconds + 6, `${stage.lines} lines in ${seconds} s:\n${stage.log}`);
  assert(stage.actors.length < 20, `${stage.actors.length} starts in ${seconds} s`);
  assertEquals([healthy.process.signals, healthy.received.length], [[], 1]);
});

Deno.test("a process that cannot be started is retried with growing delay", async () => {
  const stage = await serving(1);
  let attempts = 0;
  stage.spawning = () => {
    attempts++;
    throw new Error("Resource temporarily unavailable");
  };
  await stage.exits(stage.actors[0]!, 1);
  await stage.system.clock.advance(10_000);
  assertMatch(
    stage.log,
    /cannot start a worker process: \/opt\/denicorn \(Resource temporarily unavailable\)/,
  );
  assert(attempts > 3 && attempts < 12, `${attempts}`);
  stage.spawning = () => {};
  await stage.system.clock.advance(30_000);
  assertEquals(stage.alive().length, 1);
});

Deno.test("a silent worker is killed by the master's own clock and replaced", async () => {
  const stage = await serving(1);
  await stage.system.clock.advance(30_000);
  assertEquals(stage.actors[0]!.process.signals, ["SIGKILL"]);
  assertMatch(stage.log, /killed: silent for longer than timeout; replacing it now/);
  assertEquals(stage.alive().length, 1);
});

Deno.test("what a worker was busy with is told when it has died, not when it still finishes it", async () => {
  const stage = await serving(2);
  for (const [slot, actor] of stage.actors.entries()) {
    stage.slot(actor).pid = actor.process.pid;
    stage.slot(actor).setLongest("GET", `/of/${slot}`, 1);
  }
  const [finishing, dying] = stage.actors;
  const uncaught = { code: "internal", message: "uncaught error in the app" } as const;
  await finishing!.says({ type: "draining", failure: uncaught });
  await stage.exits(dying!, 1);
  assertMatch(stage.log, /pid=100  finishing: uncaught error in the app; replacing it now/);
  assertMatch(
    stage.log,
    /pid=101  died \(exit code 1\), with requests in flight, the longest GET \/of\/1 for/,
  );
});

/** A team in which the first worker has served more than `max-requests` allows; a tick has passed. */
async function spending(): Promise<{ stage: Stage; worker: Actor; drained: () => boolean }> {
  const stage = await serving(2, { maxRequests: "500", timeout: "0" });
  const worker = stage.actors[0]!;
  stage.slot(worker).requests = 512;
  await stage.system.clock.advance(250);
  const drained = () => worker.received.some(({ type }) => type === "drain");
  return { stage, worker, drained };
}

Deno.test("a spent worker serves until its replacement is ready, then it is drained; the target stays", async () => {
  const { stage, worker, drained } = await spending();
  assertMatch(stage.log, /worker=0 gen=1 pid=100  spent: 512 requests \(max-requests 500\): replacing it/);
  assertEquals([stage.alive().length, drained()], [3, false]);
  await stage.system.clock.advance(1_000);
  assertEquals([stage.alive().length, drained()], [3, false]);
  await stage.allReady();
  assertEquals([stage.alive().length, drained()], [3, true]);
  await stage.exits(worker, 0);
  await stage.system.clock.advance(1_000);
  assertEquals([stage.alive().length, stage.arbiter.target, stage.arbiter.phase], [2, 2, "running"]);
});

Deno.test("all are spent at once: they are replaced one after another", async () => {
  const { stage, worker } = await spending();
  stage.slot(stage.actors[1]!).requests = 700;
  await stage.system.clock.advance(1_000);
  assertEquals(stage.alive().length, 3);
  await stage.allReady();
  await stage.exits(worker, 0);
  await stage.system.clock.advance(250);
  assertMatch(stage.log, /worker=1 gen=1 pid=101  spent: 700 requests/);
  assertEquals(stage.alive().length, 3);
});

Deno.test("a replacement that fails to boot leaves the spent worker serving, and back-off holds the next", async () => {
  const { stage, drained } = await spending();
  for (let attempt = 0; attempt < 4; attempt++) {
    const replacement = stage.alive().at(-1)!;
    await replacement.says({ type: "failed", failure });
    await stage.exits(replacement, 4);
    assertEquals(drained(), false);
    if (attempt < 2) continue;
    assertEquals(stage.alive().length, 2, "held back");
    await stage.system.clock.advance(1_000);
  }
  assertEquals(stage.log.match(/spent/g)?.length, 1);
  await stage.system.clock.advance(30_000);
  await stage.allReady();
  assertEquals(drained(), true);
});

Deno.test("nobody is spent while a reload rolls, and after it only by the new limits", async () => {
  const stage = await serving(2);
  stage.renewing = () => settingsFor(2, { maxRequests: "100", timeout: "0" });
  for (const actor of stage.actors) stage.slot(actor).requests = 512;
  await stage.signal("SIGHUP");
  const spent = () => stage.log.match(/spent/g)?.length ?? 0;
  while (stage.arbiter.phase === "reloading") {
    for (const actor of stage.alive()) stage.slot(actor).requests = 512;
    await stage.system.clock.advance(1_000);
    assertEquals(spent(), 0);
    await stage.allReady();
  }
  await stage.system.clock.advance(250);
  assertEquals([spent(), stage.arbiter.phase], [1, "running"]);
});

Deno.test("an upgrade waits for the replacement of a spent worker, and during it nobody is spent", async () => {
  const { stage, drained } = await spending();
  await stage.signal("SIGUSR2");
  assertEquals(stage.arbiter.phase, "running");
  await stage.allReady();
  assertEquals([stage.arbiter.phase, drained()], ["upgrading", true]);
  stage.slot(stage.actors[1]!).requests = 700;
  await stage.system.clock.advance(1_000);
  assertEquals(stage.log.match(/spent/g)?.length, 1);
});

Deno.test("a stop ends the spent worker and its replacement like all others", async () => {
  const { stage } = await spending();
  await stage.signal("SIGTERM");
  assertEquals(stage.alive().length, 2);
  await stage.system.clock.advance(1_000);
  for (const actor of stage.alive()) await stage.exits(actor, 0);
  assertEquals([stage.outcome, stage.actors.length], [null, 3]);
});

Deno.test("workers of a version that replaced the master's on disk are told once", async () => {
  const stage = await serving(2);
  stage.version = "9.9.9";
  for (const actor of stage.alive()) await stage.exits(actor, 1);
  await stage.allReady();
  assertEquals(stage.alive().length, 2);
  assertEquals(stage.log.match(/the executable was replaced: workers run version 9\.9\.9/g)?.length, 1);
});

Deno.test("a stranger's token opens no link, and a token works once", async () => {
  const stage = await serving(1);
  assertEquals(stage.arbiter.roster.redeem("token-1"), null);
  assertEquals(stage.arbiter.roster.redeem("guess"), null);
});

Deno.test("an upgrade that a stop with a delay ends has not failed", async () => {
  const stage = await serving(1, { shutdownDelay: "5" });
  const successor = new FakeProcess(7);
  stage.system.processes.spawn = () => successor;
  await stage.signal("SIGUSR2");
  assertEquals(stage.arbiter.phase, "upgrading");
  await stage.signal("SIGTERM");
  assertEquals(successor.signals, ["SIGTERM"]);
  successor.end({ code: 0, signal: null });
  await stage.system.clock.advance(1_000);
  assert(!stage.log.includes("upgrade failed"), stage.log);
  await stage.system.clock.advance(5_000);
  for (const actor of stage.alive()) await stage.exits(actor, 0);
  assertEquals(stage.outcome, null);
});
