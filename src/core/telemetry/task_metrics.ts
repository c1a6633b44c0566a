/** The metrics about tasks, which only apps with tasks have. */

import { gauge, histogram, type Metric, type Sample } from "./metric.ts";
import { type Status, workerStates } from "./status.ts";
import type { TaskTotals } from "./task_status.ts";

type Tasks = NonNullable<Status["tasks"]>;

/** Those that are done leave the store when `task-retention` is over, so their number says little. */
const countedStates = ["waiting", "delayed", "running", "dead"] as const;
const outcomes = ["done", "retried", "dead"] as const;

export const taskMetrics: readonly Metric[] = [
  {
    name: "denicorn_tasks",
    type: "gauge",
    help:
      "Tasks in the store, by state; absent while it does not answer. A dead one has failed for the last time.",
    read: ofTasks(({ store }) =>
      store === null ? [] : countedStates.map((state) => ({ labels: { state }, value: store[state] }))
    ),
  },
  taskGauge(
    "denicorn_task_oldest_seconds",
    "How long the task has waited that has waited for the longest; absent while the store does not answer.",
    ({ store }) => store === null ? null : store.oldest / 1000,
  ),
  taskGauge(
    "denicorn_tasks_paused",
    "1 while tasks are paused by a command, else 0; absent while the store does not answer.",
    ({ store }) => store === null ? null : Number(store.isPaused),
  ),
  taskGauge(
    "denicorn_task_store_up",
    "0 while the store does not answer, else 1.",
    ({ problem }) => problem === null ? 1 : 0,
  ),
  {
    name: "denicorn_task_workers",
    type: "gauge",
    help: "Task workers, by state.",
    read: ofTasks(({ workers }) =>
      workerStates.filter((state) => state !== "spare" && state !== "paused").map((state) => ({
        labels: { state },
        value: workers.filter((worker) => worker.state === state).length,
      }))
    ),
  },
  taskGauge(
    "denicorn_task_workers_target",
    "Target: the number of task workers that there should be.",
    ({ target }) => target,
  ),
  {
    name: "denicorn_task_started_total",
    type: "counter",
    help: "Attempts that have begun, by the name of the task.",
    read: perTask(({ started }) => [{ labels: {}, value: started }]),
  },
  {
    name: "denicorn_task_runs_total",
    type: "counter",
    help:
      "Attempts by the name of the task and how they ended: done; failed, and tried again (retried); failed for the " +
      "last time (dead).",
    read: perTask((totals) => outcomes.map((outcome) => ({ labels: { outcome }, value: totals[outcome] }))),
  },
  {
    name: "denicorn_task_duration_seconds",
    type: "histogram",
    help: "Duration of attempts, by the name of the task; the sum is an estimate, off by at most an eighth.",
    read: perTask(({ durations }) => histogram(durations)),
  },
];

function ofTasks(read: (tasks: Tasks) => readonly Sample[]): Metric["read"] {
  return ({ tasks }) => tasks === null ? [] : read(tasks);
}

function taskGauge(name: string, help: string, read: (tasks: Tasks) => number | null): Metric {
  return gauge(name, help, ({ tasks }) => tasks === null ? null : read(tasks));
}

function perTask(read: (totals: TaskTotals) => readonly Sample[]): Metric["read"] {
  return ofTasks(({ totals }) =>
    totals.flatMap((one) =>
      read(one).map(({ labels, ...sample }) => ({ ...sample, labels: { task: one.name, ...labels } }))
    )
  );
}
