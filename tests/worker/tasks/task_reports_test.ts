/** When a worker that runs tasks tells its master how it stands. */

import { assertEquals } from "../../assert.ts";
import { settled } from "../../fakes/fake_clock.ts";
import { fakeService } from "./fake_service.ts";

Deno.test("a report counts how tasks have ended by their names", async () => {
  const service = await fakeService({
    tasks: {
      good: () => {},
      bad: () => {
        throw new Error("boom");
      },
    },
  });
  await service.service.start();
  await service.enqueue("good");
  await service.enqueue("bad", null, { retries: 1 });
  await service.clock.advance(1_000);
  const tallies = service.reports.flatMap(({ tallies }) => tallies);
  const sum = (name: string) =>
    tallies.filter((tally) => tally.name === name).reduce(
      (all, { started, done, retried, dead, durations }) => ({
        started: all.started + started,
        done: all.done + done,
        retried: all.retried + retried,
        dead: all.dead + dead,
        durations: all.durations + durations.reduce((count, next) => count + next, 0),
      }),
      { started: 0, done: 0, retried: 0, dead: 0, durations: 0 },
    );
  assertEquals(sum("good"), { started: 1, done: 1, retried: 0, dead: 0, durations: 1 });
  assertEquals(sum("bad"), { started: 2, done: 0, retried: 1, dead: 1, durations: 2 });
});

Deno.test("an idle worker reports once, and then asks nothing of the store", async () => {
  const service = await fakeService({ tasks: { good: () => {} } });
  await service.service.start();
  await service.clock.advance(60_000);
  assertEquals(service.reports.length, 1);
  assertEquals(service.store.counted, 1);
  assertEquals(service.clock.timers, 0);
});

Deno.test("a busy worker reports four times a second, and one that waits once a second", async () => {
  const { promise } = Promise.withResolvers<void>();
  const service = await fakeService({ tasks: { wait: () => promise, good: () => {} }, concurrency: 10 });
  await service.service.start();
  await service.clock.advance(1_000);
  const before = service.reports.length;
  for (let turn = 0; turn < 100; turn++) {
    await service.enqueue("good");
    await service.clock.advance(10);
  }
  assertEquals(service.reports.length - before <= 5, true);
  await service.enqueue("wait");
  await service.clock.advance(1_000);
  const waiting = service.reports.length;
  await service.clock.advance(10_000);
  assertEquals(service.reports.length - waiting, 10);
});

Deno.test("a worker that has become full says so at once", async () => {
  const service = await fakeService({ tasks: { wait: () => new Promise(() => {}) } });
  await service.service.start();
  await service.clock.advance(100);
  const before = service.reports.length;
  await Promise.all(Array.from({ length: 5 }, () => service.enqueue("wait")));
  await service.clock.advance(0);
  assertEquals(service.reports.length - before, 1);
  const { running, backlog } = service.reports.at(-1)!;
  assertEquals([running, backlog?.waiting], [2, 3]);
});

Deno.test("a worker that is full again after each task reports a few times a second", async () => {
  const short = (): Promise<void> => new Promise((resolve) => void service.clock.after(10, resolve));
  const service = await fakeService({ tasks: { short }, concurrency: 1 });
  await service.service.start();
  await service.clock.advance(1_000);
  const before = service.reports.length;
  await Promise.all(Array.from({ length: 150 }, () => service.enqueue("short")));
  await service.clock.advance(0);
  assertEquals([service.reports.length - before, service.reports.at(-1)?.running], [1, 1]);
  await service.clock.advance(1_000);
  const count = service.reports.length - before;
  assertEquals(count >= 4 && count <= 8, true, `${count} reports`);
  assertEquals(service.reports.at(-1)!.backlog!.waiting > 0, true);
});

Deno.test("what was not stored when it was reported is reported again", async () => {
  const service = await fakeService({ tasks: { good: () => {} } });
  await service.service.start();
  await service.clock.advance(1_000);
  const { store } = service;
  const counts = store.counts.bind(store);
  let asked = 0;
  store.counts = async () => ({ ...await counts(), ...(++asked === 1 ? { running: 1, done: 0 } : {}) });
  await service.enqueue("good");
  await service.clock.advance(10_000);
  assertEquals(asked, 2);
  const { running, done } = service.reports.at(-1)!.backlog!;
  assertEquals([running, done], [0, 1]);
});

Deno.test("a store that does not answer is reported with the reason, and that it answers again", async () => {
  const service = await fakeService({ tasks: { good: () => {} } });
  await service.service.start();
  await service.clock.advance(1_000);
  service.store.problem = "the disk is full";
  service.store.options?.onState("the disk is full");
  await service.clock.advance(25);
  const { backlog, problem } = service.reports.at(-1)!;
  assertEquals([backlog, problem], [null, "the disk is full"]);
  service.store.problem = null;
  service.store.options?.onState(null);
  await service.clock.advance(25);
  assertEquals(service.reports.at(-1)?.problem, null);
  await settled();
});

Deno.test("an idle worker reports until the store counts no running task, as the end of one is stored after it", async () => {
  const service = await fakeService({ tasks: { good: () => {} } });
  await service.service.start();
  await service.clock.advance(1_000);
  const counts = service.store.counts.bind(service.store);
  service.store.counts = async () => ({ ...await counts(), running: 1 });
  await service.enqueue("good");
  await service.clock.advance(1_000);
  assertEquals(service.reports.at(-1)?.backlog?.running, 1);
  service.store.counts = counts;
  await service.clock.advance(1_000);
  assertEquals(service.reports.at(-1)?.backlog?.running, 0);
  assertEquals(service.clock.timers, 0);
});

Deno.test("what an operator has changed is reported, what an operator only looks at is not", async () => {
  const service = await fakeService({ tasks: { good: () => {} } });
  await service.service.start();
  await service.clock.advance(1_000);
  const before = service.reports.length;
  await service.service.answer({ do: "counts" });
  await service.service.answer({ do: "show", id: "1" });
  await service.service.answer({ do: "list", state: "dead", limit: 1 });
  await service.clock.advance(1_000);
  assertEquals(service.reports.length, before);
  for (
    const request of [
      { do: "pause" },
      { do: "resume" },
      { do: "purge", state: "dead" },
      { do: "cancel", id: "1" },
      { do: "retry", id: null },
    ] as const
  ) {
    const reported = service.reports.length;
    await service.service.answer(request);
    await service.clock.advance(1_000);
    assertEquals(service.reports.length > reported, true, request.do);
    if (request.do === "pause") assertEquals(service.reports.at(-1)?.backlog?.isPaused, true);
  }
});
