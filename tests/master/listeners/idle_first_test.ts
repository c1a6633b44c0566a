import { initialise, scoreboardSize, SlotWriter } from "../../../src/core/telemetry/scoreboard.ts";
import { IdleFirst } from "../../../src/master/listeners/idle_first.ts";
import { Scoreboard } from "../../../src/master/workers/scoreboard.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import type { WorkerClass } from "../../../src/settings/kinds/worker_class.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

/** As many workers as `count`, polled once; the test plays their event loops. */
function workers(count: number, workerClass: WorkerClass = "async") {
  const buffer = new ArrayBuffer(scoreboardSize(count));
  initialise(buffer, count);
  const clock = new FakeClock();
  const all = Array.from({ length: count }, (_, slot) => ({
    handle: { slot } as WorkerHandle,
    writer: new SlotWriter(buffer, slot),
    waiting: 0,
    requests: 0,
  }));
  let receiving = all;
  let preferred: number[] | null = null;
  const idleFirst = new IdleFirst({
    clock,
    workerClass: () => workerClass,
    scoreboard: new Scoreboard(buffer, null),
    steering: {
      receiving: () => receiving.map(({ handle, waiting }) => ({ worker: handle, waiting })),
      prefer: (workers) => preferred = workers && Array.from(workers, ({ slot }) => slot),
    },
  });
  return {
    clock,
    idleFirst,
    get preferred() {
      return preferred;
    },
    begin(slot: number) {
      const worker = all[slot]!;
      worker.writer.requests = ++worker.requests;
      // At 0 it would be none.
      worker.writer.enter("GET", "/", clock.monotonic() || 0.1);
    },
    /** So many requests are in flight that wait without blocking. */
    await(slot: number, inFlight: number) {
      all[slot]!.writer.requests = all[slot]!.requests += inFlight;
      all[slot]!.writer.inFlight = inFlight;
    },
    end: (slot: number) => all[slot]!.writer.leave(),
    wait: (slot: number, waiting: number) => void (all[slot]!.waiting = waiting),
    /** Polls often enough that the looks begin, if a worker is blocked. */
    async poll() {
      for (let poll = 0; poll < 3; poll++) {
        await clock.advance(3);
        idleFirst.polled();
        await clock.advance(2);
      }
    },
    lose: (slot: number) => void (receiving = all.filter(({ handle }) => handle.slot !== slot)),
  };
}

Deno.test("while no handler runs long, workers are only looked at when heartbeats are polled", async () => {
  const { clock, idleFirst, begin, end, ...seen } = workers(2);
  idleFirst.polled();
  assertEquals(clock.timers, 0);
  begin(0);
  idleFirst.polled();
  await clock.advance(1);
  // The next request, so the first was short.
  end(0);
  begin(0);
  await clock.advance(1);
  assertEquals([clock.timers, seen.preferred], [0, null]);
});

Deno.test("one look tells that a handler runs long; an accept queue that stays full takes two", async () => {
  const master = workers(2);
  master.begin(0);
  for (let poll = 0; poll < 3; poll++) {
    await master.clock.advance(3);
    assertEquals(master.clock.timers, 0);
    master.idleFirst.polled();
  }
  await master.clock.advance(1);
  assertEquals(master.preferred, [1]);
  const other = workers(2);
  other.wait(0, 1);
  await other.poll();
  await other.clock.advance(1);
  assertEquals(other.preferred, [1]);
});

Deno.test("one handler that runs long is not a reason to look often", async () => {
  const master = workers(2);
  master.begin(0);
  master.idleFirst.polled();
  await master.clock.advance(2);
  master.end(0);
  await master.poll();
  assertEquals([master.preferred, master.clock.timers], [null, 0]);
});

Deno.test("while a handler runs, the idle workers are preferred, until it has returned", async () => {
  const master = workers(3);
  master.begin(0);
  await master.poll();
  await master.clock.advance(1);
  assertEquals(master.preferred, [1, 2]);
  master.end(0);
  await master.clock.advance(1);
  assertEquals(master.preferred, [0, 1, 2]);
  master.begin(1);
  await master.clock.advance(2);
  assertEquals(master.preferred, [0, 2]);
});

Deno.test("if all are busy, the one with the shortest line is preferred", async () => {
  const master = workers(3);
  [0, 1, 2].forEach((slot) => master.begin(slot));
  master.wait(0, 2);
  master.wait(2, 1);
  await master.poll();
  await master.clock.advance(1);
  assertEquals(master.preferred, [1]);
});

Deno.test("after the last long handler the looks end, and all workers are alike", async () => {
  const master = workers(2);
  master.begin(0);
  await master.poll();
  await master.clock.advance(1);
  master.end(0);
  await master.clock.advance(1_100);
  assertEquals([master.preferred, master.clock.timers], [null, 0]);
});

Deno.test("with one worker left the looks end", async () => {
  const master = workers(2);
  master.begin(0);
  await master.poll();
  await master.clock.advance(1);
  master.lose(1);
  await master.clock.advance(1);
  assertEquals([master.preferred, master.clock.timers], [null, 0]);
});

Deno.test("nothing is looked at after the end", async () => {
  const master = workers(2);
  master.begin(0);
  await master.poll();
  await master.clock.advance(1);
  master.idleFirst.stop();
  assertEquals(master.clock.timers, 0);
});

Deno.test("a worker whose request waits without blocking is busy with one at a time, and idle with many", async () => {
  const cases: [WorkerClass, number[] | null][] = [["sync", [1]], ["async", null]];
  for (const [workerClass, preferred] of cases) {
    const master = workers(2, workerClass);
    master.await(0, 1);
    await master.poll();
    await master.clock.advance(1);
    assertEquals(master.preferred, preferred, workerClass);
    master.await(0, 0);
    await master.clock.advance(1);
    assertEquals(master.preferred, preferred && [0, 1], workerClass);
  }
});

Deno.test("with one at a time, one poll that finds a busy worker is enough to look often", async () => {
  const master = workers(2, "sync");
  master.await(0, 1);
  master.idleFirst.polled();
  await master.clock.advance(2);
  await master.clock.advance(1);
  assertEquals(master.preferred, [1]);
});
