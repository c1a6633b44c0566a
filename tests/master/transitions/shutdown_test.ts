import { assertEquals, assertMatch } from "../../assert.ts";
import { FakeMaster, serving } from "../fake_master.ts";

const delayed = { shutdownDelay: "5" };

/** Time passes, and every ready worker has heartbeats. */
async function pass(master: FakeMaster, ms: number): Promise<void> {
  for (let time = 0; time < ms; time += 250) {
    for (const fakeWorker of master.alive()) master.slot(fakeWorker).heartbeat();
    await master.system.clock.advance(Math.min(250, ms - time));
  }
}

Deno.test("after TERM the server serves for shutdown-delay, says so, and replaces workers that die meanwhile", async () => {
  const master = await serving(2, delayed);
  await master.signal("SIGTERM");
  assertMatch(master.log, /stopping in 5 s \(shutdown-delay\): serving until then/);
  assertEquals([master.arbiter.phase, master.draining(1).length], ["stopping", 0]);
  await master.exits(master.fakeWorkers[0]!, 1);
  await pass(master, 2_000);
  await master.allReady();
  assertEquals([master.alive().length, master.draining(1).length], [2, 0]);
  // Signals that would change the server are ignored.
  await master.signal("SIGHUP");
  await master.signal("SIGTTIN");
  assertEquals([master.alive().length, master.arbiter.target], [2, 2]);
  await pass(master, 2_999);
  assertEquals(master.draining(1).length, 0);
  await pass(master, 1);
  assertEquals([master.draining(1).length, master.arbiter.phase], [2, "stopping"]);
  for (const fakeWorker of master.alive()) await master.exits(fakeWorker, 0);
  assertEquals([master.alive().length, master.outcome], [0, null]);
});

Deno.test("the log says shutdown-delay as it was set, whatever fraction of a millisecond the clock shows", async () => {
  for (const ms of [70 / 3, 100 / 3, 200 / 3, 250 / 7]) {
    const master = await serving(1, { shutdownDelay: "1" });
    await pass(master, ms);
    await master.signal("SIGTERM");
    assertMatch(master.log, /stopping in 1 s \(shutdown-delay\)/);
  }
});

Deno.test("a second TERM, or INT, stops at once despite shutdown-delay", async () => {
  for (const second of ["SIGTERM", "SIGINT"] as const) {
    const master = await serving(2, delayed);
    await master.signal("SIGTERM");
    await master.signal(second);
    assertEquals([master.alive().length, master.outcome], [0, null]);
  }
  const master = await serving(1, delayed);
  await master.signal("SIGINT");
  assertEquals([master.alive().length, master.outcome], [0, null]);
});

Deno.test("a server without a ready worker does not wait", async () => {
  const master = new FakeMaster(2, undefined, delayed);
  await master.signal("SIGTERM");
  assertEquals([master.alive().length, master.outcome], [0, null]);
});

Deno.test("a rollout continues while the stop is delayed", async () => {
  const master = await serving(2, delayed);
  await master.signal("SIGHUP");
  await master.signal("SIGTERM");
  await master.allReady();
  assertEquals([master.alive(2).length, master.draining(1).length], [2, 1]);
  await pass(master, 5_000);
  for (const fakeWorker of master.alive()) await master.exits(fakeWorker, 0);
  assertEquals(master.outcome, null);
});
