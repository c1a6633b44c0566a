import { linePath, marksPath, nearest, topOf } from "../../../src/control/page/chart.ts";
import {
  clockText,
  countText,
  durationText,
  latencyText,
  memoryText,
  shareText,
} from "../../../src/control/page/display_text.ts";
import { chartSpan, keep, type Sample, sampleOf, workerRate } from "../../../src/control/page/samples.ts";
import { taskSampleOf } from "../../../src/control/page/task_samples.ts";
import type { Status } from "../../../src/core/telemetry/status.ts";
import { assert, assertAlmostEquals, assertEquals } from "../../assert.ts";
import { latencies } from "../../cli/statuses.ts";
import { after, calmStatus, readyWorker } from "../../fakes/status.ts";
import { busyTasks, mailTotals } from "../../fakes/task_status.ts";

const later = (status: Status, ms: number): Status => ({ ...status, at: status.at + ms });

Deno.test("a sample covers the time since the previous one", () => {
  const then = after(calmStatus, ...Array(50).fill(1_000));
  const sample = sampleOf(then, later(after(then, ...Array(20).fill(10)), 2_000));
  assertEquals([sample.rate, sample.inFlight, sample.backlog, sample.ready, sample.target], [10, 0, 0, 2, 2]);
  // Only the quick requests came after that.
  assertAlmostEquals(sample.p99!, 10, 2.5);
});

Deno.test("the first sample, and the first of another master, have neither rate nor latencies", () => {
  const then = after(calmStatus, 5, 5, 5);
  for (const before of [null, { ...then, pid: 99 }, { ...then, startedAt: 1 }]) {
    const { rate, p50, p90, p99 } = sampleOf(before, later(then, 1_000));
    assertEquals([rate, p50, p90, p99], [null, null, null, null]);
  }
  assertEquals(sampleOf(then, then).rate, null, "no time went by");
});

Deno.test("a worker has a rate from its second status on", () => {
  const then = { ...calmStatus, workers: [{ ...readyWorker, requests: 10 }] };
  const now = later(calmStatus, 1_000);
  const worker = { ...readyWorker, requests: 40 };
  assertEquals(workerRate(then, now, worker), 30);
  assertEquals(workerRate(null, now, worker), null);
  assertEquals(workerRate(then, now, { ...worker, pid: 7 }), null);
});

Deno.test("samples are kept for the time a chart covers, also when the clock is set back", () => {
  let samples: readonly Sample[] = [];
  for (let second = 0; second < 1_000; second++) {
    samples = keep(samples, sampleOf(null, later(calmStatus, second * 1_000)));
  }
  assertEquals(samples.length, chartSpan / 1_000);
  const back = keep(samples, sampleOf(null, calmStatus));
  assertEquals(back.map(({ at }) => at), [calmStatus.at]);
});

Deno.test("a sample of tasks covers the attempts that ended since the previous one", () => {
  const then = { ...calmStatus, tasks: busyTasks };
  const ended = {
    ...mailTotals,
    done: mailTotals.done + 20,
    durations: latencies(...Array(28).fill(120), 2_500),
  };
  const now = later({ ...then, tasks: { ...busyTasks, totals: [ended] } }, 2_000);
  const sample = taskSampleOf(then, now)!;
  assertEquals([sample.rate, sample.waiting, sample.running, sample.dead], [10, 12, 4, 1]);
  assertEquals([sample.ready, sample.target], [2, 2]);
  assertAlmostEquals(sample.p99!, 120, 20);
});

Deno.test("what is not known of tasks is not drawn", () => {
  assertEquals(taskSampleOf(null, calmStatus), null);
  const then = { ...calmStatus, tasks: busyTasks };
  const now = later({ ...then, tasks: { ...busyTasks, store: null } }, 1_000);
  for (const before of [null, calmStatus, { ...then, pid: 99 }]) {
    const { rate, p50, p99 } = taskSampleOf(before, now)!;
    assertEquals([rate, p50, p99], [null, null, null]);
  }
  const { waiting, running, dead } = taskSampleOf(then, now)!;
  assertEquals([waiting, running, dead], [null, null, null]);
});

const frame = { width: 100, height: 50, until: 10_000, span: 10_000, top: 10 };

Deno.test("a line goes from left to right, and higher values are higher", () => {
  const points = [{ at: 8_000, value: 0 }, { at: 9_000, value: 5 }, { at: 10_000, value: 20 }];
  assertEquals(linePath(points, frame), "M80 50h0L90 25L100 0");
  assertEquals(linePath([], frame), "");
});

Deno.test("a line has a gap where a value or samples are missing", () => {
  const missing = [{ at: 8_000, value: 0 }, { at: 9_000, value: null }, { at: 10_000, value: 0 }];
  assertEquals(linePath(missing, frame), "M80 50h0M100 50h0");
  assertEquals(linePath([{ at: 0, value: 10 }, { at: 10_000, value: 10 }], frame), "M0 0h0M100 0h0");
});

Deno.test("before the last three minutes a line is one although its samples are ten seconds apart", () => {
  const long = { ...frame, until: 900_000, span: 900_000 };
  const far = [{ at: 0, value: 10 }, { at: 10_000, value: 10 }, { at: 40_000, value: 10 }];
  assertEquals(linePath(far, long), "M0 0h0L1.1 0M4.4 0h0");
  const near = [{ at: 800_000, value: 10 }, { at: 810_000, value: 10 }];
  assertEquals(linePath(near, long), "M88.9 0h0M90 0h0");
});

Deno.test("events of a kind are marked at their time, those outside the chart are not", () => {
  const events = [
    { at: -1, kind: "scaled" },
    { at: 5_000, kind: "scaled" },
    { at: 6_000, kind: "worker-died" },
    { at: 10_000, kind: "scaled" },
    { at: 10_001, kind: "scaled" },
  ] as const;
  assertEquals(marksPath(events, ["scaled"], frame), "M50 0v50M100 0v50");
  assertEquals(nearest(events, 5_600)?.at, 6_000);
  assertEquals(nearest([], 1), null);
});

Deno.test("the upper edge of a chart is a round number that no value exceeds", () => {
  assertEquals([[], [null], [0.2], [1], [3], [6], [10], [11], [499]].map((values) => topOf(values, 1)), [
    ...[1, 1, 1, 1, 5, 10, 10, 20, 500],
  ]);
  for (let value = 1; value < 1e9; value *= 1.37) assert(topOf([value], 1) >= value);
  assertEquals([[0.04], [0.1], [0.3], [1]].map((values) => topOf(values, 0.1)), [0.1, 0.1, 0.5, 1]);
});

Deno.test("values are short", () => {
  assertEquals(
    [0, 59_999, 60_000, 3_599_000, 11_220_000, 90_000_000].map(durationText),
    ["0 s", "59 s", "1 m 00 s", "59 m 59 s", "3 h 07 m", "1 d 01 h"],
  );
  assertEquals([null, 0.044, 9.9, 12.4, 1_500, 81_920].map(latencyText), [
    ...["–", "0.04 ms", "9.9 ms", "12 ms", "1.5 s", "82 s"],
  ]);
  assertEquals([null, 0, 3, 0.25, 123.4, 9_999, 12_345, 12_345_678].map(countText), [
    ...["–", "0", "3", "0.3", "123", "9999", "12k", "12M"],
  ]);
  assertEquals([shareText(null), shareText(0.256), shareText(2)], ["–", "26 %", "200 %"]);
  assertEquals([memoryText(null), memoryText(50 * 2 ** 20)], ["–", "50 MB"]);
  assertEquals(clockText(Date.UTC(2024, 1, 1, 23, 30, 5), -60), "00:30:05");
});
