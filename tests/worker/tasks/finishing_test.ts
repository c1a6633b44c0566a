/** How a worker ends that runs tasks, and what it does with its cron entries when it starts. */

import type { TaskContext } from "../../../src/app/load/app_tasks.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { settled } from "../../fakes/fake_clock.ts";
import { fakeService } from "./fake_service.ts";

Deno.test("a drain waits for the tasks that run, and takes no more", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const service = await fakeService({ tasks: { wait: () => promise } });
  await service.service.start();
  await Promise.all([1, 2, 3].map(() => service.enqueue("wait")));
  await settled();
  let isFinished = false;
  const finished = service.service.finish(10_000).then(() => isFinished = true);
  await service.clock.advance(9_000);
  assertEquals(isFinished, false);
  resolve();
  await finished;
  assertEquals([...service.store.entries.values()].map(({ state }) => state), ["done", "done", "waiting"]);
  assertEquals(service.store.givenBack, []);
});

Deno.test("at the deadline of a drain the tasks that run are given back, and how they end counts no more", async () => {
  const service = await fakeService({
    tasks: {
      wait: (_: unknown, { signal }: TaskContext) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    },
  });
  await service.service.start();
  await service.enqueue("wait");
  await service.enqueue("wait");
  await service.clock.advance(5);
  const finished = service.service.finish(5_000);
  await service.clock.advance(5_000);
  await finished;
  assertEquals(service.store.givenBack, ["1", "2"]);
  assertEquals([...service.store.entries.values()].map(({ state, error }) => [state, error]), [
    ["waiting", null],
    ["waiting", null],
  ]);
  assertEquals(
    (await service.lines()).at(-1),
    "warning gave back 2 tasks at graceful-timeout: wait 1, wait 2",
  );
  assertEquals(service.reports.at(-1)?.running, 0);
});

Deno.test("tasks that cannot be given back are named, too", async () => {
  const service = await fakeService({ tasks: { wait: () => new Promise(() => {}) } });
  await service.service.start();
  await service.enqueue("wait");
  await settled();
  service.store.problem = "cannot write";
  const finished = service.service.finish(5_000);
  await service.clock.advance(5_000);
  await finished;
  assertEquals(
    (await service.lines()).at(-1),
    "warning could not give back 1 task at graceful-timeout (cannot write), they are taken over later: wait 1",
  );
});

Deno.test("a drain that a quick stop interrupts ends no sooner than what runs is given back", async () => {
  const service = await fakeService({ tasks: { wait: () => new Promise(() => {}) } });
  await service.service.start();
  await service.enqueue("wait");
  await settled();
  const given = Promise.withResolvers<void>();
  service.store.giving = given.promise;
  const ended: string[] = [];
  const drained = service.service.finish(10_000).then(() => ended.push("drain"));
  const stopped = service.service.giveBack().then(() => ended.push("stop"));
  await settled();
  assertEquals(ended, []);
  given.resolve();
  await Promise.all([drained, stopped]);
  assertEquals(service.store.givenBack, ["1"]);
  assertEquals((await service.lines()).filter((line) => line.startsWith("warning")), [
    "warning gave back 1 task at a quick stop: wait 1",
  ]);
});

Deno.test("a quick stop waits until what was about to be taken is given back", async () => {
  const service = await fakeService({ tasks: { wait: () => {} } });
  await service.service.start();
  const taken = Promise.withResolvers<void>();
  service.store.taking = taken.promise;
  let isStopped = false;
  const stopped = service.service.giveBack().then(() => isStopped = true);
  await settled();
  assertEquals(isStopped, false);
  taken.resolve();
  await stopped;
  // A store that does not answer is not waited for.
  service.store.taking = new Promise(() => {});
  const second = service.service.giveBack();
  await service.clock.advance(1_000);
  await second;
});

Deno.test("the store is closed if it was opened", async () => {
  const service = await fakeService({ tasks: { wait: () => {} } });
  await service.service.close();
  assertEquals(service.opened, 0);
  await service.enqueue("wait");
  await service.service.close();
  assertEquals(service.store.isClosed, true);
});

Deno.test("a worker that runs tasks stores the cron entries when it starts, until the store takes them", async () => {
  const service = await fakeService({
    tasks: { report: { run: () => {}, retries: 9 } },
    cron: {
      nightly: { schedule: "0 3 * * *", timezone: "Europe/Berlin", task: "report", payload: { days: 1 } },
    },
  });
  service.store.problem = "away";
  await service.service.start();
  await settled();
  service.store.problem = null;
  await service.clock.advance(5_000);
  assertEquals(service.store.scheduled, [[{
    ...{ name: "nightly", schedule: "0 3 * * *", timezone: "Europe/Berlin" },
    task: {
      ...{ name: "report", payload: '{"days":1}', runAt: 0, key: null },
      ...{ retries: 9, backoff: 1_000, priority: 0, timeout: 0 },
    },
  }]]);
});

Deno.test("without cron entries, nothing is said of them while the store is away, and old ones go when it is back", async () => {
  const service = await fakeService({ tasks: { report: () => {} } });
  service.store.problem = "Redis does not answer";
  await service.service.start();
  await service.clock.advance(60_000);
  assertEquals((await service.lines()).filter((line) => line.includes("cron")), []);
  service.store.problem = null;
  await service.clock.advance(5_000);
  assertEquals(service.store.scheduled, [[]]);
});

Deno.test("a cron entry whose payload is no payload fails the load", async () => {
  const { service } = await fakeService({
    tasks: { report: () => {} },
    cron: { nightly: { schedule: "0 3 * * *", task: "report", payload: "x".repeat(1_000) } },
  });
  const error = await assertRejects(() => service.check(), Error);
  assertEquals(
    error.message,
    "cannot load the app: cron.nightly: cannot enqueue report: its payload has 1002 bytes, and task-size-limit is 1000: " +
      "store the data elsewhere and give its place, or raise --task-size-limit",
  );
});
