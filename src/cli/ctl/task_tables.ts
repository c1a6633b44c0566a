/** The text that `denicorn ctl tasks` prints. */

import { printable, printableLines } from "../../core/printable.ts";
import type { TaskInfo } from "../../core/tasks/task_info.ts";
import type { WorkerStatus } from "../../core/telemetry/status.ts";
import type { TaskStatus } from "../../core/telemetry/task_status.ts";
import { alignedTable } from "../layout.ts";
import { ageText, counted, lines, rateText, stateOf, timeText } from "./figures.ts";

/** Of a payload, a result, an error or a name in a table: other programs may add tasks of very long names. */
const longestCell = 60;

export function tasksText(tasks: TaskStatus<WorkerStatus>): string {
  const { workers, totals } = tasks;
  return lines([
    ...backlogLines(tasks),
    ...(workers.length === 0 ? [] : ["", ...workerRows(tasks)]),
    ...(totals.length === 0 ? [] : ["", ...totalRows(tasks)]),
  ]);
}

/** What is in the store, and how many workers take tasks from it. */
export function backlogLines({ store, problem, workers, target }: TaskStatus<WorkerStatus>): string[] {
  return [...storeLines(store, problem), `${counted(workers.length, "task worker")} of ${target}`];
}

function storeLines(store: TaskStatus<WorkerStatus>["store"], problem: string | null): string[] {
  if (problem !== null) return [`tasks: the store does not answer: ${problem}`];
  if (store === null) return ["tasks: no worker has reported yet what is in the store"];
  const { waiting, delayed, running, done, dead, oldest, isPaused } = store;
  const wait = waiting === 0 ? "" : ` (the oldest for ${ageText(oldest)})`;
  return [
    `tasks: ${waiting} waiting${wait}, ${running} running, ${delayed} delayed, ${dead} dead, ${done} done`,
    ...(isPaused ? ["paused: no worker takes tasks until `denicorn ctl tasks resume`"] : []),
  ];
}

function workerRows({ workers }: TaskStatus<WorkerStatus>): string[] {
  return alignedTable([
    ["WORKER", "PID", "GEN", "STATE", "AGE", "TASKS", "RUNNING", "LAG"],
    ...workers.map((worker) => [
      String(worker.slot),
      String(worker.pid),
      String(worker.generation),
      stateOf(worker),
      ageText(worker.age),
      String(worker.requests),
      String(worker.inFlight),
      `${worker.lag}ms`,
    ]),
  ]);
}

function totalRows({ totals }: TaskStatus<WorkerStatus>): string[] {
  return alignedTable([
    ["TASK", "STARTED", "DONE", "RETRIED", "DEAD", "RATE/S", "P50", "P99"],
    ...totals.map(({ name, started, done, retried, dead, rate, p50, p99 }) => [
      ...[cell(name), String(started), String(done), String(retried), String(dead)],
      // One in a minute is 0.02.
      ...[rate < 10 ? rate.toFixed(2) : rateText(rate), timeText(p50), timeText(p99)],
    ]),
  ]);
}

/** `now`: milliseconds since 1970. */
export function taskListText(state: string, tasks: readonly TaskInfo[], now: number): string {
  if (tasks.length === 0) return `no ${state} tasks\n`;
  const age = (at: number | null) => at === null ? "-" : ageText(Math.max(0, now - at));
  const isOver = state === "done" || state === "dead";
  const times: readonly [head: string, read: (task: TaskInfo) => string][] = isOver
    ? [["ENDED", (task) => age(task.endedAt)], ["TOOK", tookText]]
    : state === "running"
    ? [["RUNS FOR", (task) => age(task.startedAt)], ["PROGRESS", ({ progress }) => String(progress ?? "-")]]
    : state === "delayed"
    ? [["DUE IN", ({ runAt }) => ageText(Math.max(0, runAt - now))]]
    : [["PRIORITY", ({ priority }) => String(priority)]];
  const [last, read] = isOver
    ? state === "dead"
      ? ["ERROR", (task: TaskInfo) => task.error]
      : ["RESULT", (task: TaskInfo) => task.result]
    : ["PAYLOAD", (task: TaskInfo) => task.payload];
  return lines(alignedTable([
    ["ID", "TASK", "ATTEMPT", "ADDED", ...times.map(([head]) => head), last],
    ...tasks.map((task) => [
      ...[printable(task.id), cell(task.name), `${task.attempt}/${task.attempts}`, age(task.addedAt)],
      ...times.map(([, read]) => read(task)),
      cell(read(task)),
    ]),
  ]));
}

export function taskText(task: TaskInfo, now: number): string {
  const { id, name, state, attempt, attempts, priority, key, addedAt, runAt, startedAt, endedAt } = task;
  const { progress, payload, result, error } = task;
  const time = (at: number | null) => at === null || at === 0 ? null : timeOf(at, now);
  const rows: readonly (readonly [string, string | null])[] = [
    ...[["id", id], ["task", name], ["state", state], ["attempts", `${attempt} of ${attempts}`]] as const,
    ...[["priority", priority === 0 ? null : String(priority)], ["key", key]] as const,
    ...[["added", time(addedAt)], ["due", state === "delayed" ? time(runAt) : null]] as const,
    ...[["started", time(startedAt)], ["ended", time(endedAt)]] as const,
    ...[["took", endedAt === null ? null : tookText(task)], [
      "progress",
      progress?.toString() ?? null,
    ]] as const,
    ...[["payload", payload], ["result", result]] as const,
  ];
  const shown = rows.flatMap(([name, value]) => value === null ? [] : [[name, printable(value)]]);
  const trace = error === null ? [] : ["error", ...printableLines(error).map((line) => `  ${line}`)];
  return lines(alignedTable(shown)) + trace.map((line) => `${line}\n`).join("");
}

function tookText({ startedAt, endedAt }: TaskInfo): string {
  return startedAt === null || endedAt === null ? "-" : timeText(Math.max(0, endedAt - startedAt));
}

function timeOf(at: number, now: number): string {
  const distance = now >= at ? `${ageText(now - at)} ago` : `in ${ageText(at - now)}`;
  return `${new Date(at).toISOString()} (${distance})`;
}

function cell(text: string | null): string {
  const [first = ""] = printableLines(text ?? "-");
  return first.length <= longestCell ? first : `${first.slice(0, longestCell - 1)}…`;
}
