import { encodePayload } from "../../../src/tasks/payload.ts";
import type { CronTask } from "../../../src/tasks/task_store.ts";
import { assertEquals } from "../../assert.ts";
import { newTask } from "../store_contract.ts";
import { until } from "../until.ts";
import { Bench, SettableClock } from "./bench.ts";

const hour = 3_600_000;
const lease = 600;

for (const jump of [hour, -hour]) {
  const direction = jump > 0 ? "forward" : "back";
  Deno.test(`sqlite: a clock that is set ${direction} takes no task from a living process, and all from a dead one`, async () => {
    await using bench = new Bench();
    const clock = new SettableClock();
    const busy = bench.open({ system: clock.system, lease });
    bench.consume(busy, { owner: "busy", run: () => new Promise(() => {}) });
    await busy.add([newTask()], 5000);
    await until("it runs", async () => (await busy.counts()).running === 1);
    const other = bench.open({ system: clock.system, lease });
    let runs = 0;
    const consumer = bench.consume(other, { run: () => Promise.resolve(void runs++).then(() => null) });
    await passed(2 * lease);
    clock.ahead = jump;
    consumer.wake();
    await passed(3 * lease);
    assertEquals([runs, (await other.counts()).running], [0, 1]);
    await busy.close();
    await until("it is done", async () => (await other.counts()).done === 1);
    assertEquals(runs, 1);
  });
}

Deno.test("sqlite: leases from a time before the clock was set back end nevertheless", async () => {
  await using bench = new Bench();
  const clock = new SettableClock();
  const dying = bench.open({ system: clock.system, lease });
  bench.consume(dying, { owner: "dying", run: () => new Promise(() => {}) });
  await dying.add([newTask()], 5000);
  await until("it runs", async () => (await dying.counts()).running === 1);
  await dying.close();
  clock.ahead = -1000 * hour;
  const store = bench.open({ system: clock.system, lease });
  bench.consume(store);
  await until("it is done", async () => (await store.counts()).done === 1);
});

Deno.test("sqlite: a clock that is set back does not keep tasks waiting", async () => {
  await using bench = new Bench();
  const clock = new SettableClock();
  const store = bench.open({ system: clock.system });
  await store.add([newTask()], 5000);
  clock.ahead = -hour;
  bench.consume(store);
  await until("it is done", async () => (await store.counts()).done === 1);
});

const hourly: CronTask = {
  name: "report",
  schedule: "0 * * * *",
  timezone: "UTC",
  task: newTask({ name: "report", payload: encodePayload(1) }),
};

Deno.test("sqlite: times that a schedule has missed are made up for once", async () => {
  await using bench = new Bench();
  const clock = new SettableClock();
  const before = bench.open({ system: clock.system });
  await before.schedule([hourly]);
  await before.close();
  clock.ahead = 50 * hour;
  const store = bench.open({ system: clock.system });
  // The same entry as before: it goes on.
  await store.schedule([hourly]);
  const first = bench.consume(store);
  const second = bench.consume(bench.open({ system: clock.system }));
  await until("it ran", async () => (await store.counts()).done === 1);
  first.wake();
  second.wake();
  const [info] = await store.list("done", 5);
  assertEquals([info?.name, info?.payload], ["report", "1"]);
  clock.ahead += hour;
  first.wake();
  await until("it ran again", async () => (await store.counts()).done === 2);
});

Deno.test("sqlite: a schedule that was changed begins from now, and one that was removed adds nothing", async () => {
  await using bench = new Bench();
  const clock = new SettableClock();
  const store = bench.open({ system: clock.system });
  const consumer = bench.consume(store);
  await store.schedule([hourly, { ...hourly, name: "kept" }]);
  clock.ahead = 50 * hour;
  await store.schedule([{ ...hourly, schedule: "0 0 1 1 *" }, { ...hourly, name: "kept" }]);
  consumer.wake();
  await until("the other one ran", async () => (await store.counts()).done === 1);
  await store.schedule([]);
  clock.ahead += 1000 * hour;
  await store.add([newTask({ name: "last" })], 5000);
  await until("a later task ran", async () => (await store.counts()).done === 2);
  assertEquals((await store.list("done", 5)).map(({ name }) => name), ["last", "report"]);
});

/** A part of what is tested is that nothing happens in this time. */
async function passed(ms: number): Promise<void> {
  const begin = performance.now();
  await until(`${ms} ms are over`, () => performance.now() - begin > ms);
}
