import type { Status } from "../../../src/core/telemetry/status.ts";
import { taskMetrics } from "../../../src/core/telemetry/task_metrics.ts";
import { assertEquals } from "../../assert.ts";
import { calmStatus, readyWorker } from "../../fakes/status.ts";
import { busyTasks, mailTotals } from "../../fakes/task_status.ts";

/** Its values, each under its labels. */
function valuesOf(name: string, tasks: Status["tasks"]): Record<string, number> {
  const metric = taskMetrics.find((metric) => metric.name === name)!;
  return Object.fromEntries(
    metric.read({ ...calmStatus, tasks }).map(({ suffix = "", labels, value }) => [
      [suffix, ...Object.values(labels)].filter((text) => text !== "").join(" "),
      value,
    ]),
  );
}

Deno.test("what is in the store is known as long as it answers", () => {
  const values = (tasks: Status["tasks"]) =>
    ["denicorn_tasks", "denicorn_task_oldest_seconds", "denicorn_tasks_paused", "denicorn_task_store_up"].map(
      (name) => valuesOf(name, tasks),
    );
  assertEquals(values(busyTasks), [
    { waiting: 12, delayed: 2, running: 4, dead: 1 },
    ...[{ "": 61 }, { "": 0 }, { "": 1 }],
  ]);
  assertEquals(values({ ...busyTasks, store: null, problem: "away" }), [{}, {}, {}, { "": 0 }]);
  assertEquals(values(null), [{}, {}, {}, {}]);
});

Deno.test("task workers are counted by state", () => {
  const workers = [readyWorker, { ...readyWorker, state: "draining" } as const];
  assertEquals(valuesOf("denicorn_task_workers", { ...busyTasks, workers }), {
    ...{ booting: 0, ready: 1, draining: 1, killed: 0 },
  });
  assertEquals(valuesOf("denicorn_task_workers_target", busyTasks), { "": 2 });
});

Deno.test("attempts are counted for each task", () => {
  const tasks = { ...busyTasks, totals: [mailTotals, { ...mailTotals, name: "sweep", done: 1 }] };
  assertEquals(valuesOf("denicorn_task_started_total", tasks), { sendMail: 10, sweep: 10 });
  assertEquals(valuesOf("denicorn_task_runs_total", tasks), {
    ...{ "sendMail done": 6, "sendMail retried": 2, "sendMail dead": 1 },
    ...{ "sweep done": 1, "sweep retried": 2, "sweep dead": 1 },
  });
  const durations = valuesOf("denicorn_task_duration_seconds", tasks);
  assertEquals(
    ["_bucket sendMail 0.08", "_bucket sendMail 0.16", "_bucket sweep +Inf", "_count sendMail"].map((key) =>
      durations[key]
    ),
    [0, 8, 9, 9],
  );
});
