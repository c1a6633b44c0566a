/** What operators see of tasks and command, with real processes. */

import type { TaskInfo, TaskState } from "../../src/core/tasks/task_info.ts";
import type { Status } from "../../src/core/telemetry/status.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

const app = `
export const tasks = {
  work: ({ say = null } = {}) => say,
  wait: (_, { signal, progress }) => {
    progress(7);
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  },
  fail() {
    throw new Error("it cannot be done");
  },
};
export default { fetch: () => new Response("ok") };
`;

class Operator {
  readonly host: TestHost;
  readonly server: Server;

  constructor(host: TestHost, args: readonly string[] = []) {
    this.host = host;
    this.server = host.start({ files: { "main.ts": app }, args });
  }

  run(...words: string[]) {
    return this.host.run(["ctl", "--socket", this.host.controlSocket, "tasks", ...words]);
  }

  /** What the command prints; it must not fail. */
  async says(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...words);
    assertEquals([words, code, stderr], [words, 0, ""]);
    return stdout;
  }

  async add(...words: string[]): Promise<string> {
    return JSON.parse(await this.says("add", ...words, "--json")).id;
  }

  async show(id: string): Promise<TaskInfo> {
    return JSON.parse(await this.says("show", id, "--json"));
  }

  untilState(id: string, state: TaskState): Promise<TaskInfo> {
    return this.server.until(`task ${id} to be ${state}`, async () => {
      const task = await this.show(id);
      return task.state === state && task;
    });
  }

  async ready(): Promise<void> {
    await this.server.ready(1);
    await this.server.until("the task worker", async () => {
      const [worker] = (await this.server.status())?.tasks?.workers ?? [];
      return worker?.state === "ready";
    });
  }

  async stop(): Promise<void> {
    this.server.kill("SIGTERM");
    assertEquals(await this.server.exit(), { code: 0, signal: null });
    assertEquals(this.server.leftovers(), []);
  }
}

testOnOneTarget("ctl adds, shows, pauses, cancels and purges tasks", async (host) => {
  const operator = new Operator(host);
  await operator.ready();
  const done = await operator.untilState(await operator.add("work", '{"say": "ü"}'), "done");
  assertEquals([done.payload, done.result, done.attempt], ['{"say":"ü"}', '"ü"', 1]);

  assertEquals(
    await operator.says("pause"),
    "tasks pause done: no worker takes tasks until they are resumed; those that run go on\n",
  );
  await operator.server.until("paused tasks in the status", async () => {
    return (await operator.server.status())?.tasks?.store?.isPaused;
  });
  const waiting = await operator.add("work");
  const delayed = await operator.add("work", "--delay", "1h");
  assertStringIncludes(
    await operator.says(),
    "paused: no worker takes tasks until `denicorn ctl tasks resume`",
  );
  assertMatch(
    await operator.says(),
    /^tasks: 1 waiting \(the oldest for \ds\), 0 running, 1 delayed, 0 dead, 1 done\n/,
  );
  assertEquals(JSON.parse(await operator.says("list", "waiting", "--json")).map(({ id }: TaskInfo) => id), [
    waiting,
  ]);
  assertMatch(
    await operator.says("list", "delayed"),
    new RegExp(`^ID .*DUE IN.*\\n${delayed} +work .* 59m5\\ds`),
  );
  assertEquals(await operator.says("cancel", waiting), `tasks cancel done: task ${waiting} is cancelled\n`);
  const again = await operator.run("cancel", waiting);
  assertEquals(again.code, 1);
  assertStringIncludes(again.stderr, `cannot cancel task ${waiting}: none of this id waits or runs`);
  assertEquals(await operator.says("purge", "delayed"), "tasks purge done: 1 task is removed\n");
  await operator.says("resume");

  const running = await operator.add("wait");
  await operator.server.until("its progress", async () => (await operator.show(running)).progress === 7);
  assertMatch(await operator.says("list", "running"), new RegExp(`\\n${running} +wait +1/4 +\\ds +\\ds +7 `));
  await operator.says("cancel", running);
  await operator.server.until("nothing to run", async () => {
    return /^tasks: 0 waiting, 0 running/.test(await operator.says());
  });
  await operator.stop();
});

testOnOneTarget(
  "a dead task is listed with its error and tried again, by ctl and by the metrics",
  async (host) => {
    const port = freePort();
    const token = "0123456789abcdef";
    const args = ["--admin-bind", `127.0.0.1:${port}`, "--admin-token", token];
    const operator = new Operator(host, args);
    await operator.ready();
    const id = await operator.add("fail", "--retries", "0");
    await operator.untilState(id, "dead");
    assertMatch(await operator.says("list", "dead"), new RegExp(`\\n${id} +fail +1/1 .*it cannot be done`));
    assertMatch(await operator.says("show", id), /\nerror\n +Error: it cannot be done\n +at .*main\.ts:/);
    assertEquals(await operator.says("retry", "--all"), "tasks retry done: 1 task is tried again\n");
    await operator.untilState(id, "dead");

    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, init);
      return [response.status, await response.text()] as const;
    };
    const expected = [
      'denicorn_task_runs_total{task="fail",outcome="dead"} 2',
      'denicorn_tasks{state="dead"} 1',
      "denicorn_task_store_up 1",
      'denicorn_task_workers{state="ready"} 1',
      'denicorn_task_started_total{task="fail"} 2',
      'denicorn_task_duration_seconds_count{task="fail"} 2',
    ];
    await operator.server.until("both attempts in the metrics", async () => {
      const [, metrics] = await ask("/metrics");
      return expected.every((line) => metrics.includes(`${line}\n`));
    });
    assertMatch(await operator.says(), /\nTASK +STARTED .*\nfail +2 +0 +0 +2 /);

    const bearer = { authorization: `Bearer ${token}` };
    assertEquals((await ask("/tasks/list?state=dead"))[0], 401);
    const [status, list] = await ask("/tasks/list?state=dead", { headers: bearer });
    assertEquals([status, JSON.parse(list).map(({ id }: TaskInfo) => id)], [200, [id]]);
    assertEquals(JSON.parse((await ask("/tasks"))[1]).store.dead, 1);
    const body = JSON.stringify({ name: "work", payload: { say: 1 } });
    const [added] = await ask("/tasks", { method: "POST", headers: bearer, body });
    assertEquals(added, 200);
    await operator.stop();
  },
);

testOnOneTarget("what cannot be done is said with the reason", async (host) => {
  const operator = new Operator(host, ["--task-size-limit", "1K"]);
  await operator.ready();
  const refused = async (...words: string[]) => {
    const { code, stderr } = await operator.run(...words);
    assertEquals(code, 1);
    return stderr;
  };
  assertMatch(await refused("add", "works"), /cannot enqueue works: .*work/);
  assertMatch(
    await refused("add", "work", JSON.stringify("x".repeat(2_000))),
    /has 2002 bytes, and task-size-limit is/,
  );
  assertMatch(
    await refused("add", "work", JSON.stringify("x".repeat(70_000))),
    /the body is larger than 65 KiB: task-size-limit is 1 KiB/,
  );
  assertMatch(await refused("show", "none"), /cannot show task none: the store has none of this id/);
  assertEquals((await operator.run("list", "lost")).code, 2);
  const { tasks } = JSON.parse(
    (await host.run(["ctl", "--socket", host.controlSocket, "status", "--json"])).stdout,
  ) as Status;
  assert(tasks !== null);
  await operator.stop();
});

testOnOneTarget("an app without tasks says so", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  const { code, stdout, stderr } = await host.run(["ctl", "--socket", host.controlSocket, "tasks"]);
  assertEquals([code, stdout], [1, ""]);
  assertStringIncludes(
    stderr,
    "there are no tasks: main.ts exports none: export tasks from it, or name their module with --tasks",
  );
  server.kill("SIGTERM");
  await server.exit();
});
