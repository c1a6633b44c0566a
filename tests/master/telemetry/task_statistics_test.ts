import { TaskStatistics } from "../../../src/master/telemetry/task_statistics.ts";
import type { TaskReport, TaskTally } from "../../../src/protocol/task_messages.ts";
import { bucketCount, bucketOf } from "../../../src/core/telemetry/latency_histogram.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

const backlog = { waiting: 3, delayed: 0, running: 2, done: 0, dead: 0, oldest: 10, isPaused: false };
const quiet: TaskReport = { running: 0, backlog, problem: null, tallies: [] };

function tally(name: string, done: number, ms = 10): TaskTally {
  const durations = new Array<number>(bucketCount).fill(0).with(bucketOf(ms), done);
  return { name, started: done, done, retried: 0, dead: 0, durations };
}

Deno.test("the tallies of all workers are added, and rates are those of the last minute", () => {
  const workers = new FakeWorkers();
  const [one, two] = [workers.booting(0), workers.booting(1)];
  const statistics = new TaskStatistics();
  statistics.add(one, { ...quiet, running: 2, tallies: [tally("mail", 30)] }, 0);
  statistics.add(two, { ...quiet, running: 1, tallies: [tally("mail", 30), tally("resize", 6)] }, 30_000);
  assertEquals(statistics.running, 3);
  const totals = (now: number) =>
    statistics.totals(now).map(({ name, done, rate }) => ({ name, done, rate }));
  assertEquals(totals(31_000), [{ name: "mail", done: 60, rate: 1 }, { name: "resize", done: 6, rate: 0.1 }]);
  assertEquals(totals(61_000), [{ name: "mail", done: 60, rate: 0.5 }, {
    name: "resize",
    done: 6,
    rate: 0.1,
  }]);
  assertEquals(totals(200_000), [{ name: "mail", done: 60, rate: 0 }, { name: "resize", done: 6, rate: 0 }]);
  statistics.forget(one);
  assertEquals(statistics.running, 1);
});

Deno.test("a store that stops to answer is reported once, and once when it answers again", () => {
  const worker = new FakeWorkers().booting(0);
  const statistics = new TaskStatistics();
  const away = { ...quiet, backlog: null, problem: "Redis does not answer" };
  const changes = [quiet, away, away, quiet].map((report) => statistics.add(worker, report, 0));
  assertEquals(changes, [false, true, false, true]);
  assertEquals(statistics.problem, null);
  assertEquals(statistics.backlog, backlog);
});

Deno.test("a store that only some workers do not reach is reported once, and its numbers stay known", () => {
  const workers = new FakeWorkers();
  const [one, two] = [workers.booting(0), workers.booting(1)];
  const statistics = new TaskStatistics();
  const away = { ...quiet, backlog: null, problem: "it is locked" };
  const reports = [[one, away], [two, quiet], [one, away], [two, quiet]] as const;
  assertEquals(reports.map(([worker, report]) => statistics.add(worker, report, 0)), [
    true,
    false,
    false,
    false,
  ]);
  assertEquals([statistics.problem, statistics.backlog], ["it is locked", backlog]);
  assertEquals(statistics.forget(two), false);
  assertEquals(statistics.backlog, null);
  assertEquals(statistics.forget(one), true);
  assertEquals(statistics.problem, null);
});

Deno.test("names do not fill the memory of the master", () => {
  const worker = new FakeWorkers().booting(0);
  const statistics = new TaskStatistics();
  for (let index = 0; index < 1_500; index++) {
    statistics.add(worker, { ...quiet, tallies: [tally(`task-${index}`, 1)] }, 0);
  }
  assertEquals(statistics.totals(0).length, 1_000);
});
