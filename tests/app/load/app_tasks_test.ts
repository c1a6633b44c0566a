/** What an app may export as `tasks` and `cron`, and the error for anything else. */

import { z } from "zod";
import { readTasks } from "../../../src/app/load/app_tasks.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import { assert, assertEquals, assertRejects } from "../../assert.ts";

const run = () => {};
const context = {} as never;

Deno.test("a task is a function, or an object with run and options", async () => {
  const { tasks, cron } = await readTasks({
    tasks: {
      greet: (name: unknown) => `hello ${name}`,
      resize: {
        run: (width: unknown) => Number(width) * 2,
        ...{ retries: 5, backoff: 10, priority: 1, timeout: 500 },
        schema: z.number(),
      },
    },
  }, "main.ts");
  const { run, schema, ...options } = tasks.get("greet")!;
  assertEquals(run("world", context), "hello world");
  assertEquals(schema, null);
  assertEquals(options, { retries: 3, backoff: 1_000, priority: 0, timeout: 0 });
  const { run: resize, schema: number, ...own } = tasks.get("resize")!;
  assertEquals(resize(21, context), 42);
  assert(number !== null);
  assertEquals(own, { retries: 5, backoff: 10, priority: 1, timeout: 500 });
  assertEquals(cron, []);
});

Deno.test("run is called as a method of its object", async () => {
  const task = {
    run(this: unknown) {
      return this === task;
    },
  };
  const { tasks } = await readTasks({ tasks: { task } }, "main.ts");
  assertEquals(tasks.get("task")!.run(null, context), true);
});

Deno.test("cron entries name a task, and may have a payload and a time zone", async () => {
  const nightly = { schedule: "0 3 * * *", timezone: "Europe/Berlin", task: "report", payload: { days: 1 } };
  const { cron } = await readTasks({ tasks: { report: run }, cron: { nightly } }, "main.ts");
  assertEquals(cron, [{ name: "nightly", ...nightly }]);
});

const mistakes:
  readonly (readonly [what: string, exports: { tasks: unknown; cron?: unknown }, message: string])[] = [
    ["no tasks", { tasks: undefined }, 'it has no export "tasks": add `export const tasks = { … }`'],
    [
      "tasks that are no object",
      { tasks: [run] },
      "tasks is an array: export an object of functions, or give what is no background task another name",
    ],
    [
      "a task that is no function",
      { tasks: { sendMail: "x" } },
      "tasks.sendMail is a string: a task is a function (payload, context) => …, or an object with run",
    ],
    [
      "a task without run",
      { tasks: { sendMail: { retries: 1 } } },
      "tasks.sendMail.run is undefined: a task is a function (payload, context) => …, or an object with run",
    ],
    [
      "an option that there is not",
      { tasks: { sendMail: { run, retry: 1 } } },
      'tasks.sendMail: unknown option "retry": did you mean retries?',
    ],
    [
      "a wrong value",
      { tasks: { sendMail: { run, retries: -1 } } },
      "tasks.sendMail: retries is -1: it is a whole number from 0 to 100",
    ],
    [
      "a wrong timeout",
      { tasks: { sendMail: { run, timeout: "1s" } } },
      "tasks.sendMail: timeout is a string: it is a number of milliseconds from 0 to 2147483647",
    ],
    [
      "a schema that is none",
      { tasks: { sendMail: { run, schema: { type: "object" } } } },
      "tasks.sendMail: schema is an object: it is a Standard Schema, such as one of Zod, Valibot or ArkType",
    ],
    [
      "a long name",
      { tasks: { ["x".repeat(201)]: run } },
      "a name in tasks has 201 characters: it has 1 to 200 characters",
    ],
    ["an empty name", { tasks: { "": run } }, "a name in tasks is empty: it has 1 to 200 characters"],
    [
      "cron that is no object",
      { tasks: { run }, cron: 5 },
      "cron is 5: export an object of entries, or give what is no schedule another name",
    ],
    [
      "a cron entry that is a function",
      { tasks: { run }, cron: { nightly: run } },
      "cron.nightly is a function: it is an object with schedule and task",
    ],
    [
      "a cron entry without a schedule",
      { tasks: { run }, cron: { nightly: { task: "run" } } },
      'cron.nightly.schedule is undefined: it is a text such as "0 3 * * *"',
    ],
    [
      "a schedule that is none",
      { tasks: { run }, cron: { nightly: { schedule: "61 * * * *", task: "run" } } },
      'cron.nightly.schedule is "61 * * * *" (CronPattern: Invalid value for minute: 61): write minute, hour, day, month and weekday, such as "0 3 * * *"',
    ],
    [
      "a schedule that is never due",
      { tasks: { run }, cron: { nightly: { schedule: "0 0 30 2 *", task: "run" } } },
      'cron.nightly.schedule is "0 0 30 2 *" (it is never due): write minute, hour, day, month and weekday, such as ' +
      '"0 3 * * *"',
    ],
    [
      "a time zone that there is not",
      { tasks: { run }, cron: { nightly: { schedule: "0 3 * * *", task: "run", timezone: "Europe/Bonn" } } },
      'cron.nightly.timezone is "Europe/Bonn": it is a name such as "Europe/Berlin"',
    ],
    [
      "a cron entry for a task that there is not",
      { tasks: { report: run }, cron: { nightly: { schedule: "0 3 * * *", task: "Report" } } },
      'cron.nightly.task is "Report": no task has this name: did you mean report?',
    ],
    [
      "an option of cron that there is not",
      { tasks: { report: run }, cron: { nightly: { schedule: "0 3 * * *", task: "report", every: 1 } } },
      'cron.nightly: unknown option "every": there are schedule, timezone, task, payload',
    ],
    [
      "a getter that throws",
      {
        tasks: {
          get a() {
            throw new Error("boom");
          },
        },
      },
      "tasks or cron cannot be read, it throws Error: boom",
    ],
  ];

for (const [what, exports, message] of mistakes) {
  Deno.test(`the load fails for ${what}`, async () => {
    const error = await assertRejects(() => readTasks(exports, "main.ts"), DenicornError);
    assertEquals(error.message, `cannot load the app: main.ts: ${message}`);
    assertEquals(error.code, "app-tasks");
  });
}
