/** Where an app may add tasks, and where it may not. */

import { readTasks } from "../../../src/app/load/app_tasks.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import type { FromWorker, WorkerConfig } from "../../../src/protocol/messages.ts";
import { WorkerTasks } from "../../../src/worker/tasks/worker_tasks.ts";
import { WorkerLog } from "../../../src/worker/worker_log.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { privateSlot } from "../../fakes/slots.ts";

const served = {
  ...{ role: "requests", source: "/srv/main.ts", sharedSockets: [], logLevel: "info", errorLogfile: "-" },
  listen: [{ hostname: "127.0.0.1", port: 8000 }],
  tasks: { runs: false, sizeLimit: 1_000 },
} as unknown as WorkerConfig;

const app = await readTasks({ tasks: { sendMail: () => {} } }, "main.ts");

function workerTasks(config: WorkerConfig) {
  const system = new FakeSystem();
  const sent: FromWorker[] = [];
  const log = new WorkerLog(system, config, { worker: 0, gen: 1, pid: 41 }, true);
  const tasks = new WorkerTasks(system, config, {
    ...{ log, writer: privateSlot().writer },
    send: (message) => void sent.push(message),
    jobOf: () => undefined,
  });
  return { tasks, sent };
}

async function refusal(tasks: WorkerTasks): Promise<string> {
  return (await assertRejects(() => tasks.enqueue("sendMail", null, undefined), Error)).message;
}

Deno.test("no task can be added while the app is imported", async () => {
  const { tasks } = workerTasks(served);
  assertEquals(
    await refusal(tasks),
    "cannot enqueue sendMail: the app is still being imported: enqueue it in startup(), or later",
  );
});

Deno.test("no task can be added where the app is only checked", async () => {
  const { tasks } = workerTasks({ ...served, listen: [] });
  await tasks.offer(app);
  assertEquals(
    await refusal(tasks),
    "cannot enqueue sendMail: the app is only checked: enqueue it where it is served",
  );
});

Deno.test("an app without tasks cannot add any, and a request for some fails", async () => {
  const { tasks, sent } = workerTasks({ ...served, tasks: null });
  await tasks.offer(null);
  const hint = "the app has no tasks: add `export const tasks = { … }`, or start with --tasks MODULE";
  assertEquals(await refusal(tasks), `cannot enqueue sendMail: ${hint}`);
  await tasks.answer(7, { do: "counts" });
  assertEquals(sent, [{ type: "task-answer", number: 7, failure: `cannot ask for tasks: ${hint}` }]);
});

Deno.test("a worker whose app is to have tasks does not start without them", async () => {
  const { tasks } = workerTasks(served);
  const error = await assertRejects(() => tasks.offer(null), DenicornError);
  assertEquals(
    [error.code, error.message],
    [
      "app-tasks",
      "cannot load the app: main.ts has no tasks, or still waits at top level for the end of its servers: export " +
      "tasks, and remove that await",
    ],
  );
});

Deno.test("the first task has the payload that it was given, even if the app changes that at once", async () => {
  const sized = { ...served, tasks: { runs: false, sizeLimit: 10 } } as unknown as WorkerConfig;
  const { tasks } = workerTasks(sized);
  await tasks.offer(app);
  const payload = { text: "more than ten bytes" };
  const added = tasks.enqueue("sendMail", payload, undefined);
  payload.text = "";
  await assertRejects(() => added, TypeError, "its payload has 30 bytes");
});

Deno.test("what cannot be a task is refused before a store is opened", async () => {
  const { tasks } = workerTasks(served);
  await tasks.offer(app);
  await assertRejects(() => tasks.enqueue("x", null, undefined), TypeError, "no task has this name");
  await tasks.finish(1_000);
  await tasks.close();
});
