import { latencies } from "../cli/statuses.ts";
import type { TaskInfo } from "../../src/core/tasks/task_info.ts";
import type { WorkerStatus } from "../../src/core/telemetry/status.ts";
import type { TaskStatus, TaskTotals } from "../../src/core/telemetry/task_status.ts";
import { readyWorker } from "./status.ts";

export const mailTotals: TaskTotals = {
  ...{ name: "sendMail", started: 10, done: 6, retried: 2, dead: 1, rate: 0.15, p50: 120, p99: 2_500 },
  durations: latencies(...Array(8).fill(120), 2_500),
};

/** Two task workers, and some tasks of each state. */
export const busyTasks: TaskStatus<WorkerStatus> = {
  target: 2,
  workers: [
    { ...readyWorker, pid: 200, requests: 7, inFlight: 3 },
    { ...readyWorker, slot: 1, pid: 201, requests: 3, inFlight: 1 },
  ],
  store: { waiting: 12, delayed: 2, running: 4, done: 40, dead: 1, oldest: 61_000, isPaused: false },
  problem: null,
  totals: [mailTotals],
};

export const deadTask: TaskInfo = {
  ...{
    id: "42",
    name: "sendMail",
    state: "dead",
    payload: '{"to":"ann@example.com"}',
    attempt: 4,
    attempts: 4,
  },
  ...{ priority: 0, key: null, addedAt: 1_700_000_000_000, runAt: 1_700_000_007_000 },
  ...{ startedAt: 1_700_000_007_010, endedAt: 1_700_000_007_130, progress: 50 },
  ...{ error: "Error: no route to mail.example.com\n    at sendMail (main.ts:7:9)", result: null },
};
