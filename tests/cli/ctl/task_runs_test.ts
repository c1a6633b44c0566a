import { ctl } from "../../../src/cli/commands/ctl.ts";
import { createControlApp } from "../../../src/control/control_app.ts";
import { Refusal, type TaskAccess } from "../../../src/control/master_commands.ts";
import type { WorkerStatus } from "../../../src/core/telemetry/status.ts";
import type { TaskStatus } from "../../../src/core/telemetry/task_status.ts";
import { parseCommandLine } from "../../../src/settings/command_line.ts";
import type { Settings } from "../../../src/settings/settings.ts";
import type { System } from "../../../src/system/system.ts";
import { assertEquals, assertRejects } from "../../assert.ts";
import { fakeRunningMaster } from "../../fakes/fake_commands.ts";
import { FakeSystem } from "../../fakes/fake_system.ts";
import { calmStatus } from "../../fakes/status.ts";
import { busyTasks, deadTask } from "../../fakes/task_status.ts";

/** Runs `denicorn ctl tasks` with these words; `answer` is that of the store. */
async function run(
  words: readonly string[],
  answer: unknown,
  tasks: TaskStatus<WorkerStatus> | null = busyTasks,
): Promise<{ stdout: string; asked: readonly unknown[] }> {
  const outside = new FakeSystem();
  const asked: unknown[] = [];
  const ask: TaskAccess["ask"] = (request) => {
    asked.push(request);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(JSON.stringify(answer));
  };
  const app = createControlApp(fakeRunningMaster({
    commands: { settings: { taskSizeLimit: 262_144 } as Settings },
    tasks: { ask },
    status: () => ({ ...calmStatus, tasks }),
  }));
  const system: System = {
    clock: outside.clock,
    files: outside.files,
    processes: outside.processes,
    sockets: outside.sockets,
    unixSockets: outside.unixSockets,
    descriptors: outside.descriptors,
    memory: outside.memory,
    databases: outside.databases,
    openFiles: outside.openFiles,
    nodeHttp: outside.nodeHttp,
    servedFolder: outside.servedFolder,
    host: outside.host,
    network: {
      ...outside.network,
      fetchUnix: (_path, url, init) => Promise.resolve(app.request(url, init)),
    },
  };
  const line = parseCommandLine(["--socket", "/run/c.sock", "tasks", ...words], ctl);
  await ctl.run(system, line, () => Promise.resolve([]));
  return { stdout: outside.written.stdout, asked };
}

Deno.test("ctl tasks shows what waits, the workers, and how tasks of each name have ended", async () => {
  const { stdout } = await run([], busyTasks.store);
  assertEquals(
    stdout,
    `tasks: 12 waiting (the oldest for 1m01s), 4 running, 2 delayed, 1 dead, 40 done
2 task workers of 2

WORKER  PID  GEN  STATE  AGE  TASKS  RUNNING  LAG
0       200  1    ready  1s   7      3        0ms
1       201  1    ready  1s   3      1        0ms

TASK      STARTED  DONE  RETRIED  DEAD  RATE/S  P50    P99
sendMail  10       6     2        1     0.15    120ms  2500ms
`,
  );
  assertEquals(JSON.parse((await run(["--json"], busyTasks.store)).stdout), busyTasks);
});

Deno.test("ctl tasks says first what keeps tasks from running", async () => {
  const paused = { ...busyTasks.store, waiting: 0, isPaused: true };
  assertEquals((await run([], paused)).stdout.split("\n").slice(0, 2), [
    "tasks: 0 waiting, 4 running, 2 delayed, 1 dead, 40 done",
    "paused: no worker takes tasks until `denicorn ctl tasks resume`",
  ]);
  const away = { ...busyTasks, store: null, problem: "cannot reach Redis: 127.0.0.1:6379 refuses: start it" };
  assertEquals(
    (await run([], null, away)).stdout.split("\n")[0],
    "tasks: the store does not answer: cannot reach Redis: 127.0.0.1:6379 refuses: start it",
  );
  await assertRejects(
    () => run([], null, null),
    Error,
    "there are no tasks: main.ts exports none: export tasks from it, or name their module with --tasks",
  );
});

Deno.test("each command becomes one request, and its end is one line", async () => {
  const expected: [words: string[], answer: unknown, asked: unknown, says: string][] = [
    [
      ["add", "sendMail", '{"to": 1}', "--delay", "2m", "--key", "k", "--retries", "0", "--priority", "9"],
      "7",
      {
        ...{ do: "add", name: "sendMail", payload: { to: 1 } },
        options: { delay: 120_000, key: "k", retries: 0, priority: 9 },
      },
      "tasks add done: task 7 is added",
    ],
    [
      ["add", "sweep"],
      "8",
      { do: "add", name: "sweep", payload: null, options: {} },
      "tasks add done: task 8 is added",
    ],
    [
      ["add", "a", "-1.5"],
      "9",
      { do: "add", name: "a", payload: -1.5, options: {} },
      "tasks add done: task 9 is added",
    ],
    [["retry", "42"], 1, { do: "retry", id: "42" }, "tasks retry done: 1 task is tried again"],
    [["retry", "--all"], 3, { do: "retry", id: null }, "tasks retry done: 3 tasks are tried again"],
    [["cancel", "42"], true, { do: "cancel", id: "42" }, "tasks cancel done: task 42 is cancelled"],
    [["purge", "dead"], 1, { do: "purge", state: "dead" }, "tasks purge done: 1 task is removed"],
    [["resume"], null, { do: "resume" }, "tasks resume done: workers take tasks again"],
  ];
  for (const [words, answer, request, says] of expected) {
    assertEquals(await run(words, answer), { asked: [request], stdout: `${says}\n` });
  }
  const { stdout } = await run(["purge", "dead", "--json"], 1);
  assertEquals(JSON.parse(stdout), { state: "done", message: "1 task is removed", count: 1 });
});

Deno.test("a request that is refused ends with the reason", async () => {
  await assertRejects(
    () => run(["cancel", "42"], false),
    Error,
    "cannot cancel task 42: none of this id waits or runs",
  );
  await assertRejects(
    () => run(["show", "42"], null),
    Error,
    "cannot show task 42: the store has none of this id",
  );
  const away = new Refusal("conflict", "cannot reach Redis");
  await assertRejects(() => run(["pause"], away), Error, "cannot reach Redis");
});

Deno.test("an id may have any characters", async () => {
  const { asked } = await run(["show", "repeat:a/b?c=ü"], deadTask);
  assertEquals(asked, [{ do: "show", id: "repeat:a/b?c=ü" }]);
  assertEquals((await run(["list", "done", "--limit", "3"], [])).asked, [{
    do: "list",
    state: "done",
    limit: 3,
  }]);
});
