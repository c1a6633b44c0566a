import { DenicornError } from "../../src/core/errors.ts";
import type { AppBundle } from "../../src/master/workers/generation.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { settled } from "../fakes/fake_clock.ts";
import { FakeProcess } from "../fakes/fake_system.ts";
import { FakeMaster, type FakeWorker, readyMessage, serving, settingsFor } from "./fake_master.ts";

const failure = { code: "app-throws", message: "cannot load the app: it threw" } as const;

Deno.test("workers start while the app is being bundled and get their configuration afterwards", async () => {
  const { promise, resolve } = Promise.withResolvers<AppBundle>();
  const master = new FakeMaster(1, () => promise);
  await settled();
  const [worker] = master.fakeWorkers;
  await worker!.says({ type: "hello", token: "", version: "" });
  assertEquals(worker!.received, []);
  resolve({
    ...{
      source: "/srv/app.ts",
      exportName: "app",
      exportsApp: true,
      unstable: [],
      sources: [],
      path: "/run/1.mjs",
    },
    hasTasks: false,
    isPrepared: false,
    certificates: null,
    static: [],
  });
  await settled();
  const [config] = worker!.received;
  assert(config?.type === "load");
  assertEquals([config.config.bundle, config.config.exportName, config.config.slot], [
    "/run/1.mjs",
    "app",
    0,
  ]);
});

Deno.test("a failed boot at the start is reported once, for the first of eight workers, and ends the start", async () => {
  const master = new FakeMaster(8);
  await settled();
  for (const fakeWorker of master.fakeWorkers) await fakeWorker.says({ type: "failed", failure });
  for (const fakeWorker of master.fakeWorkers) await master.exits(fakeWorker, 4);
  assert(master.outcome instanceof DenicornError);
  assertEquals([master.outcome.code, master.outcome.exitCode, master.fakeWorkers.length], [
    "app-throws",
    4,
    8,
  ]);
  assertMatch(master.log, /^\S+ info {4}master pid=41  building the app\n$/);
});

Deno.test("a failure that is read only after the exit is still reported", async () => {
  const master = new FakeMaster(1);
  master.channelsAreSlow = true;
  await settled();
  const [worker] = master.fakeWorkers;
  await worker!.says({ type: "hello", token: "", version: "" });
  await master.exits(worker!, 4);
  await worker!.says({ type: "failed", failure });
  await worker!.disconnects();
  assert(master.outcome instanceof DenicornError);
  assertEquals(master.outcome.code, "app-throws");
});

Deno.test("a bundle that fails at the start ends the workers that were started", async () => {
  const master = new FakeMaster(2, () => Promise.reject(new DenicornError("app-syntax", "cannot parse")));
  await settled();
  await settled();
  assert(master.outcome instanceof DenicornError);
  assertEquals([master.outcome.exitCode, master.alive().length], [4, 0]);
});

Deno.test("a rollout: the canary first, then one new worker for each old one", async () => {
  const master = await serving(2);
  await master.signal("SIGHUP");
  assertEquals(master.alive(2).length, 1);
  const draining = () =>
    master.alive(1).filter(({ received }) => received.some(({ type }) => type === "drain"));
  assertEquals(draining().length, 0);
  await master.allReady();
  assertEquals([draining().length, master.alive(2).length], [1, 2]);
  await master.allReady();
  assertEquals(draining().length, 2);
  for (const fakeWorker of draining()) await master.exits(fakeWorker, 0);
  assertEquals([master.arbiter.phase, master.arbiter.generation], ["running", 2]);
  assertMatch(master.log, /2 workers of generation 2 ready/);
});

Deno.test("a reload whose settings cannot be read fails and changes nothing", async () => {
  const master = await serving(2);
  master.renewing = () => {
    throw new DenicornError("setting-invalid", "workers: many is not accepted");
  };
  await master.signal("SIGHUP");
  assertMatch(master.log, /reload failed, generation 1 keeps serving: workers: many/);
  assertEquals([master.alive(1).length, master.alive(2).length, master.arbiter.phase], [2, 0, "running"]);
});

Deno.test("a reload that changes the number of workers sets the target; else the one of TTIN stays", async () => {
  const master = await serving(1);
  await master.signal("SIGTTIN");
  await master.allReady();
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals(master.arbiter.target, 2);
  master.renewing = () => settingsFor(5);
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals(master.arbiter.target, 5);
});

Deno.test("a HUP during the start reloads once the first worker is ready", async () => {
  const master = new FakeMaster(1);
  await master.signal("SIGHUP");
  assertEquals(master.alive(2).length, 0);
  await master.allReady();
  assertEquals(master.alive(2).length, 1);
});

Deno.test("TERM in the middle of a reload drains the old and kills the canary", async () => {
  const master = await serving(2);
  await master.signal("SIGHUP");
  await master.signal("SIGTERM");
  assertEquals(master.alive(2).length, 0);
  for (const fakeWorker of master.alive(1)) {
    assertEquals(fakeWorker.received.at(-1), { type: "drain", handedOver: false, isRestart: false });
    await master.exits(fakeWorker, 0);
  }
  assertEquals(master.outcome, null);
});

Deno.test("a crash loop logs one line a second at most, and leaves the healthy worker alone", async () => {
  const master = await serving(2);
  const healthy = master.fakeWorkers[0]!;
  const start = master.system.clock.monotonic();
  for (let death = 0; death < 60; death++) {
    for (const fakeWorker of master.alive()) {
      if (fakeWorker === healthy) continue;
      await fakeWorker.says(readyMessage);
      await master.exits(fakeWorker, 1);
    }
    await master.system.clock.advance(500);
    master.slot(healthy).heartbeat();
  }
  const seconds = (master.system.clock.monotonic() - start) / 1000;
  assert(master.lines <= seconds + 6, `${master.lines} lines in ${seconds} s:\n${master.log}`);
  assert(master.fakeWorkers.length < 20, `${master.fakeWorkers.length} starts in ${seconds} s`);
  assertEquals([healthy.process.signals, healthy.received.map(({ type }) => type)], [[], ["load", "listen"]]);
});

Deno.test("a process that cannot be started is retried with a growing delay", async () => {
  const master = await serving(1);
  let attempts = 0;
  master.spawning = () => {
    attempts++;
    throw new Error("Resource temporarily unavailable");
  };
  await master.exits(master.fakeWorkers[0]!, 1);
  await master.system.clock.advance(10_000);
  assertMatch(
    master.log,
    /cannot start a worker process: \/opt\/denicorn \(Resource temporarily unavailable\)/,
  );
  assert(attempts > 3 && attempts < 12, `${attempts}`);
  master.spawning = () => {};
  await master.system.clock.advance(30_000);
  assertEquals(master.alive().length, 1);
});

Deno.test("a worker without a heartbeat is killed after timeout and replaced", async () => {
  const master = await serving(1);
  await master.system.clock.advance(30_200);
  assertEquals(master.fakeWorkers[0]!.process.signals, ["SIGKILL"]);
  assertMatch(master.log, /killed: unresponsive for longer than timeout; replacing it now/);
  assertEquals(master.alive().length, 1);
});

Deno.test("the log names the request that a worker was busy with when it died, not while it still finishes", async () => {
  const master = await serving(2);
  for (const [slot, fakeWorker] of master.fakeWorkers.entries()) {
    master.slot(fakeWorker).pid = fakeWorker.process.pid;
    master.slot(fakeWorker).setLongest("GET", `/of/${slot}`, 1);
  }
  const [finishing, dying] = master.fakeWorkers;
  const uncaught = { code: "internal", message: "uncaught error in the app" } as const;
  await finishing!.says({ type: "draining", failure: uncaught });
  await master.exits(dying!, 1);
  assertMatch(master.log, /pid=100  finishing: uncaught error in the app; replacing it now/);
  assertMatch(
    master.log,
    /pid=101  died \(exit code 1\), with requests in flight, the longest GET \/of\/1 for/,
  );
});

/** A server whose first worker has served more than `max-requests` allows; a tick has passed. */
async function recycling(): Promise<{ master: FakeMaster; worker: FakeWorker; drained: () => boolean }> {
  const master = await serving(2, { maxRequests: "500", timeout: "0" });
  const worker = master.fakeWorkers[0]!;
  master.slot(worker).requests = 512;
  await master.system.clock.advance(250);
  const drained = () => worker.received.some(({ type }) => type === "drain");
  return { master, worker, drained };
}

Deno.test("a worker that is due for recycling serves until its replacement is ready, then it drains; the target stays", async () => {
  const { master, worker, drained } = await recycling();
  assertMatch(
    master.log,
    /worker=0 gen=1 pid=100  due for recycling: 512 requests \(max-requests 500\): replacing it/,
  );
  assertEquals([master.alive().length, drained()], [3, false]);
  await master.system.clock.advance(1_000);
  assertEquals([master.alive().length, drained()], [3, false]);
  await master.allReady();
  assertEquals([master.alive().length, drained()], [3, true]);
  await master.exits(worker, 0);
  await master.system.clock.advance(1_000);
  assertEquals([master.alive().length, master.arbiter.target, master.arbiter.phase], [2, 2, "running"]);
});

Deno.test("when all are due for recycling they are replaced one after another", async () => {
  const { master, worker } = await recycling();
  master.slot(master.fakeWorkers[1]!).requests = 700;
  await master.system.clock.advance(1_000);
  assertEquals(master.alive().length, 3);
  await master.allReady();
  await master.exits(worker, 0);
  await master.system.clock.advance(250);
  assertMatch(master.log, /worker=1 gen=1 pid=101  due for recycling: 700 requests/);
  assertEquals(master.alive().length, 3);
});

Deno.test("when the replacement fails to boot the old worker keeps serving, and back-off delays the next", async () => {
  const { master, drained } = await recycling();
  for (let attempt = 0; attempt < 4; attempt++) {
    const replacement = master.alive().at(-1)!;
    await replacement.says({ type: "failed", failure });
    await master.exits(replacement, 4);
    assertEquals(drained(), false);
    if (attempt < 2) continue;
    assertEquals(master.alive().length, 2, "held back");
    await master.system.clock.advance(1_000);
  }
  assertEquals(master.log.match(/due for recycling/g)?.length, 1);
  await master.system.clock.advance(30_000);
  await master.allReady();
  assertEquals(drained(), true);
});

Deno.test("no worker is recycled during a reload, and after it the new limits apply", async () => {
  const master = await serving(2);
  master.renewing = () => settingsFor(2, { maxRequests: "100", timeout: "0" });
  for (const fakeWorker of master.fakeWorkers) master.slot(fakeWorker).requests = 512;
  await master.signal("SIGHUP");
  const dueForRecycling = () => master.log.match(/due for recycling/g)?.length ?? 0;
  while (master.arbiter.phase === "reloading") {
    for (const fakeWorker of master.alive()) master.slot(fakeWorker).requests = 512;
    await master.system.clock.advance(1_000);
    assertEquals(dueForRecycling(), 0);
    await master.allReady();
  }
  await master.system.clock.advance(250);
  assertEquals([dueForRecycling(), master.arbiter.phase], [1, "running"]);
});

Deno.test("an upgrade waits for a worker that is being recycled, and during it none is recycled", async () => {
  const { master, drained } = await recycling();
  await master.signal("SIGUSR2");
  assertEquals(master.arbiter.phase, "running");
  await master.allReady();
  assertEquals([master.arbiter.phase, drained()], ["upgrading", true]);
  master.slot(master.fakeWorkers[1]!).requests = 700;
  await master.system.clock.advance(1_000);
  assertEquals(master.log.match(/due for recycling/g)?.length, 1);
});

Deno.test("a stop ends a worker that is being recycled and its replacement like all others", async () => {
  const { master } = await recycling();
  await master.signal("SIGTERM");
  assertEquals(master.alive().length, 2);
  await master.system.clock.advance(1_000);
  for (const fakeWorker of master.alive()) await master.exits(fakeWorker, 0);
  assertEquals([master.outcome, master.fakeWorkers.length], [null, 3]);
});

Deno.test("workers that run another version than the master are reported once", async () => {
  const master = await serving(2);
  master.version = "9.9.9";
  for (const fakeWorker of master.alive()) await master.exits(fakeWorker, 1);
  await master.allReady();
  assertEquals(master.alive().length, 2);
  assertEquals(
    master.log.match(/the source of Denicorn was replaced: workers run version 9\.9\.9/g)?.length,
    1,
  );
});

Deno.test("an unknown token opens no channel, and a token works once", async () => {
  const master = await serving(1);
  assertEquals(master.workerTable.redeem("token-1"), null);
  assertEquals(master.workerTable.redeem("guess"), null);
});

Deno.test("an upgrade that is ended by a delayed stop has not failed", async () => {
  const master = await serving(1, { shutdownDelay: "5" });
  const successor = new FakeProcess(7);
  master.system.processes.spawn = () => successor;
  await master.signal("SIGUSR2");
  assertEquals(master.arbiter.phase, "upgrading");
  await master.signal("SIGTERM");
  assertEquals(successor.signals, ["SIGTERM"]);
  successor.end({ code: 0, signal: null });
  await master.system.clock.advance(1_000);
  assert(!master.log.includes("upgrade failed"), master.log);
  await master.system.clock.advance(5_000);
  for (const fakeWorker of master.alive()) await master.exits(fakeWorker, 0);
  assertEquals(master.outcome, null);
});

Deno.test("without steering no spare is started, and the log says so once", async () => {
  const master = await serving(1, { spareWorkers: "2" });
  assertEquals(
    master.log.match(/warning .*spare-workers 2: none is started, because without steering/g)?.length,
    1,
  );
  assertMatch(master.log, /1 worker of generation 1 ready/);
});

Deno.test("at the start a worker that is blocked in its turn to listen is skipped while others wait", async () => {
  const master = new FakeMaster(2);
  await settled();
  const [blocked, other] = master.fakeWorkers;
  await blocked!.says({ type: "loaded" });
  await other!.says({ type: "loaded" });
  await master.system.clock.advance(10_500);
  assertEquals(blocked!.process.signals, ["SIGKILL"]);
  assertMatch(master.log, /killed: did not listen when it was its turn.*; replacing it/);
  await other!.says(readyMessage);
  await master.allReady();
  assertEquals([master.outcome, master.arbiter.phase], ["running", "running"]);
});

Deno.test("the start fails if no worker listens in its turn", async () => {
  const master = new FakeMaster(2);
  await settled();
  for (const fakeWorker of master.fakeWorkers) await fakeWorker.says({ type: "loaded" });
  for (let turn = 0; turn < 10 && master.outcome === "running"; turn++) {
    await master.system.clock.advance(10_500);
  }
  assert(master.outcome instanceof DenicornError);
  assertEquals([master.outcome.code, master.alive().length], ["boot-timeout", 0]);
});
