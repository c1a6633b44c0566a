import { assert, assertEquals, assertMatch } from "../../assert.ts";
import { type FakeMaster, type FakeWorker, serving, settingsFor } from "../fake_master.ts";

/** For `ms` milliseconds every ready worker has this number of requests in flight, and a heartbeat. */
async function loaded(
  master: FakeMaster,
  inFlight: number | ((fakeWorker: FakeWorker) => number),
  ms: number,
): Promise<void> {
  for (let passed = 0; passed < ms; passed += 25) {
    for (const fakeWorker of master.alive()) {
      master.slot(fakeWorker).inFlight = typeof inFlight === "number" ? inFlight : inFlight(fakeWorker);
      master.slot(fakeWorker).heartbeatInterval = 25;
      master.slot(fakeWorker).heartbeat();
    }
    await master.system.clock.advance(25);
  }
}

const range = { maxWorkers: "4", targetConcurrency: "10", idleTimeout: "2s" } as const;

Deno.test("the start uses min-workers, load adds workers, and low load removes the ones with the least", async () => {
  const master = await serving(1, range);
  await loaded(master, 35, 250);
  assertEquals(master.arbiter.target, 2);
  assertMatch(
    master.log,
    /workers: 1 -> 2: 35 requests in flight, more than target-concurrency 10 .* \(1 ready, /,
  );
  await loaded(master, 35, 250);
  assertEquals(master.arbiter.target, 4);
  await master.allReady();
  await loaded(master, 0, 1_750);
  assertEquals(master.draining(1).length, 0);
  // Not the highest slot: that worker has a request in flight.
  await loaded(master, ({ slot }) => slot === 2 ? 0 : 1, 1_000);
  assertEquals(master.draining(1).map(({ slot }) => slot), [2]);
  assertMatch(
    master.log,
    /workers: 4 -> 3: less than scale-down-busy 30 % busy, and 3 workers would have been enough for 2 s/,
  );
});

Deno.test("workers of the class sync are added when there are more requests than workers, waiting ones included", async () => {
  const master = await serving(1, { maxWorkers: "4", workerClass: "sync", idleTimeout: "2s" });
  await loaded(master, 1, 1_000);
  assertEquals(master.arbiter.target, 1);
  await loaded(master, 2, 500);
  assertEquals(master.arbiter.target, 2);
  assertMatch(
    master.log,
    /workers: 1 -> 2: [.\d]+ requests in flight, more than target-concurrency 1 per worker/,
  );
});

Deno.test("an operator moves the target within the bounds, and WINCH turns scaling off until a reload", async () => {
  const master = await serving(1, range);
  for (let more = 0; more < 5; more++) await master.signal("SIGTTIN");
  assertEquals(master.arbiter.target, 4);
  assertMatch(master.log, /5 workers requested, the allowed range is 1 to 4/);
  await master.allReady();
  await master.signal("SIGWINCH");
  assertEquals(master.arbiter.target, 0);
  await loaded(master, 50, 2_000);
  assertEquals(master.arbiter.target, 0);
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals(master.arbiter.target, 1);
});

Deno.test("a reload moves the target into new bounds at once", async () => {
  const master = await serving(3, range);
  master.renewing = () => settingsFor(1, { ...range, maxWorkers: "2" });
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals(master.arbiter.target, 2);
  master.renewing = () => settingsFor(5);
  await master.allReady();
  for (const fakeWorker of master.draining(1)) await master.exits(fakeWorker, 0);
  await master.signal("SIGHUP");
  await master.allReady();
  assertEquals(master.arbiter.target, 5);
  await loaded(master, 0, 5_000);
  assertEquals(master.arbiter.target, 5);
});

Deno.test("CPU time and waiting connections are read from /proc if there is no better source", async () => {
  const master = await serving(1, range);
  const [worker] = master.fakeWorkers;
  let cpu = 0;
  const busy = async (ticks: number) => {
    cpu += 25 * ticks;
    master.system.texts.set(
      `/proc/${worker!.process.pid}/stat`,
      `${worker!.process.pid} (deno) S 0 0 0 0 0 0 0 0 0 0 ${cpu} 0 0 0`,
    );
    await loaded(master, 1, 250);
  };
  for (let tick = 0; tick < 4; tick++) await busy(0.9);
  assertMatch(master.log, /workers: 1 -> 2: workers are 90 % busy/);

  const other = await serving(1, range);
  other.system.texts.set(
    "/proc/net/tcp",
    "  0: 0100007F:1F40 00000000:0000 0A 00000000:0000000C 00:00000000 00000000\n",
  );
  await loaded(other, 0, 250);
  assertMatch(other.log, /workers: 1 -> 2: 12 connections are waiting, more than scale-backlog 10/);
});

Deno.test("memory is read once a second, only with a budget, and limits scaling", async () => {
  const master = await serving(1, { ...range, memoryBudget: "100M" });
  const pid = master.fakeWorkers[0]!.process.pid;
  master.system.texts.set(
    `/proc/${pid}/smaps_rollup`,
    "Rss: 70000 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: 40000 kB\n",
  );
  await loaded(master, 100, 1_250);
  await loaded(master, 100, 250);
  assert(master.arbiter.target <= 2, `${master.arbiter.target}`);
  assertMatch(master.log, /10 workers needed, limited to 2 by memory-budget/);
});
