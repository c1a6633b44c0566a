import { taskListText, tasksText, taskText } from "../../../src/cli/ctl/task_tables.ts";
import type { TaskInfo } from "../../../src/core/tasks/task_info.ts";
import { assert, assertEquals } from "../../assert.ts";
import { busyTasks, deadTask, mailTotals } from "../../fakes/task_status.ts";

const now = deadTask.endedAt! + 61_000;
const waiting: TaskInfo = {
  ...deadTask,
  ...{ state: "waiting", attempt: 0, startedAt: null, endedAt: null, error: null, progress: null },
};

Deno.test("a list has what matters in its state", () => {
  assertEquals(
    taskListText("dead", [deadTask], now),
    `ID  TASK      ATTEMPT  ADDED  ENDED  TOOK   ERROR
42  sendMail  4/4      1m08s  1m01s  120ms  Error: no route to mail.example.com
`,
  );
  assertEquals(
    taskListText("waiting", [waiting, { ...waiting, id: "43", priority: 5 }], now),
    `ID  TASK      ATTEMPT  ADDED  PRIORITY  PAYLOAD
42  sendMail  0/4      1m08s  0         {"to":"ann@example.com"}
43  sendMail  0/4      1m08s  5         {"to":"ann@example.com"}
`,
  );
  const delayed: TaskInfo = { ...waiting, state: "delayed", attempt: 1, runAt: now + 30_500 };
  assertEquals(
    taskListText("delayed", [delayed], now),
    `ID  TASK      ATTEMPT  ADDED  DUE IN  PAYLOAD
42  sendMail  1/4      1m08s  30s     {"to":"ann@example.com"}
`,
  );
  const running: TaskInfo = { ...waiting, state: "running", startedAt: now - 2_000, progress: 50 };
  assertEquals(
    taskListText("running", [running], now),
    `ID  TASK      ATTEMPT  ADDED  RUNS FOR  PROGRESS  PAYLOAD
42  sendMail  0/4      1m08s  2s        50        {"to":"ann@example.com"}
`,
  );
  const done: TaskInfo = { ...deadTask, state: "done", result: "x".repeat(99), error: null };
  assertEquals(
    taskListText("done", [done], now).split("\n")[1]?.endsWith(`  120ms  ${"x".repeat(59)}…`),
    true,
  );
  const long: TaskInfo = { ...deadTask, name: "x".repeat(5_000) };
  assertEquals(
    taskListText("dead", [long], now).split("\n")[1]?.startsWith(`42  ${"x".repeat(59)}…  4/4 `),
    true,
  );
  assertEquals(taskListText("dead", [], now), "no dead tasks\n");
});

Deno.test("a task is shown with all that is known of it, its times with their distance", () => {
  assertEquals(
    taskText(deadTask, now),
    `id        42
task      sendMail
state     dead
attempts  4 of 4
added     2023-11-14T22:13:20.000Z (1m08s ago)
started   2023-11-14T22:13:27.010Z (1m01s ago)
ended     2023-11-14T22:13:27.130Z (1m01s ago)
took      120ms
progress  50
payload   {"to":"ann@example.com"}
error
  Error: no route to mail.example.com
      at sendMail (main.ts:7:9)
`,
  );
  const delayed: TaskInfo = { ...waiting, state: "delayed", runAt: now + 90_000, key: "k", priority: 3 };
  assertEquals(
    taskText(delayed, now),
    `id        42
task      sendMail
state     delayed
attempts  0 of 4
priority  3
key       k
added     2023-11-14T22:13:20.000Z (1m08s ago)
due       2023-11-14T22:15:58.130Z (in 1m30s)
payload   {"to":"ann@example.com"}
`,
  );
});

Deno.test("nothing in a task makes a terminal act on it, nor adds a line", () => {
  const hostile = "a\n\x1b[2J\x9b31m\u202e";
  const task: TaskInfo = {
    ...deadTask,
    id: hostile,
    name: hostile,
    key: hostile,
    payload: hostile,
    error: hostile,
  };
  const status = { ...busyTasks, problem: hostile, totals: [{ ...mailTotals, name: hostile }] };
  const texts = [
    taskText(task, now),
    tasksText(status),
    ...(["waiting", "done", "dead"] as const).map((state) =>
      taskListText(state, [{ ...task, result: hostile }], now)
    ),
  ];
  for (const text of texts) assert(!/[^\P{Cc}\n]|\u202e/u.test(text), JSON.stringify(text));
  assertEquals(texts.slice(2).map((text) => text.split("\n").length), [3, 3, 3]);
  // The error may have lines of its own.
  assertEquals(texts.slice(0, 2).map((text) => text.split("\n").length), [15, 10]);
});
