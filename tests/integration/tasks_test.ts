/** Background tasks with real processes: who runs them, and what becomes of them when processes end. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { lackingRedis, RedisServer } from "../tasks/bullmq/redis_server.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

/** Each attempt writes its process, id and attempt to the file `begun`, and its id to `done` at its end. */
const app = `
import { enqueue } from "denicorn";

const append = (file, text) => Deno.writeTextFileSync(file, text + "\\n", { append: true });

export const tasks = {
  async work({ ms = 0, isLongOnce = false }, { id, attempt, signal }) {
    const isAgain = isLongOnce && Deno.readTextFileSync("begun").includes(" " + id + " ");
    append("begun", [Deno.pid, id, attempt].join(" "));
    await new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, isAgain ? 0 : ms);
      signal.addEventListener("abort", () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    });
    append("done", id);
    return { by: Deno.pid };
  },
  async fanOut({ count }) {
    for (let number = 0; number < count; number++) await enqueue("work", {});
  },
  fail() {
    throw new Error("it cannot be done");
  },
};

export default {
  async fetch(request) {
    if (request.method === "GET") return new Response(String(Deno.pid));
    const { name, payload, options } = await request.json();
    try {
      return Response.json({ id: await enqueue(name, payload, options), pid: Deno.pid });
    } catch (error) {
      return Response.json({ error: error.message }, { status: 500 });
    }
  },
};
`;

class Tasks {
  readonly host: TestHost;
  readonly server: Server;

  constructor(host: TestHost, args: readonly string[] = []) {
    this.host = host;
    this.server = host.start({ files: { "main.ts": app }, args });
  }

  async add(
    name: string,
    payload: unknown,
    options: unknown = {},
  ): Promise<{ id: string; error?: string; pid: number }> {
    const body = JSON.stringify({ name, payload, options });
    return await (await this.server.fetch("/", { method: "POST", body })).json();
  }

  #lines(file: string): string[][] {
    try {
      const text = Deno.readTextFileSync(`${this.host.folder}/${file}`);
      return text.split("\n").filter((line) => line !== "").map((line) => line.split(" "));
    } catch {
      return [];
    }
  }

  /** Process ids and attempts of the task, in their order. */
  begun(id: string): { readonly pid: number; readonly attempt: number }[] {
    return this.#lines("begun").filter((line) => line[1] === id)
      .map(([pid, , attempt]) => ({ pid: Number(pid), attempt: Number(attempt) }));
  }

  get done(): string[] {
    return this.#lines("done").map(([id = ""]) => id);
  }

  untilBegun(id: string, times = 1) {
    return this.server.until(`attempt ${times} of task ${id}`, () => this.begun(id)[times - 1]);
  }

  untilDone(id: string) {
    return this.server.until(`the end of task ${id}`, () => this.done.includes(id));
  }

  async stop(): Promise<void> {
    this.server.kill("SIGTERM");
    assertEquals(await this.server.exit(), { code: 0, signal: null });
    assertEquals(this.server.leftovers(), []);
  }

  /** Waits until `count` task workers are ready, and returns their process ids. */
  taskWorkers(count: number): Promise<readonly number[]> {
    return this.server.until(`${count} ready task workers`, async () => {
      const workers = (await this.server.status())?.tasks?.workers ?? [];
      return workers.length === count && workers.every(({ state }) => state === "ready") &&
        workers.map(({ pid }) => pid);
    });
  }
}

testOnOneTarget("a task runs in a task worker, which listens nowhere", async (host) => {
  const tasks = new Tasks(host, ["-w", "2"]);
  await tasks.server.ready(2);
  const [taskWorker] = await tasks.taskWorkers(1);
  const { id } = await tasks.add("work", {});
  await tasks.untilDone(id);
  assertEquals(tasks.begun(id), [{ pid: taskWorker!, attempt: 1 }]);
  assertEquals((await tasks.server.answering(30)).has(String(taskWorker)), false);
  await tasks.stop();
});

testOnOneTarget("a task may add tasks as fast as it can", async (host) => {
  const tasks = new Tasks(host, ["--task-concurrency", "2"]);
  const [taskWorker] = await tasks.taskWorkers(1);
  const count = 600;
  await tasks.add("fanOut", { count });
  await tasks.server.until("the end of all tasks", () => tasks.done.length === count);
  assertEquals(await tasks.taskWorkers(1), [taskWorker!]);
  assertEquals(tasks.server.stderr.match(/ killed: /g), null);
  await tasks.stop();
});

testOnOneTarget("tasks that were added survive a stop of the server", async (host) => {
  const first = new Tasks(host, ["--task-workers", "0"]);
  await first.server.ready(1);
  const { id } = await first.add("work", {});
  await first.stop();
  const second = new Tasks(host);
  await second.untilDone(id);
  await second.stop();
});

for (const store of ["SQLite", "Redis"] as const) {
  if (store === "Redis" && lackingRedis !== null) continue;
  testOnOneTarget(`what runs at a quick stop is given back at once, with ${store}`, async (host) => {
    await using redis = store === "Redis" ? await RedisServer.start() : null;
    const args = ["--task-lease", "1h", ...redis === null ? [] : ["--task-store", redis.url]];
    const signals = [["SIGINT"], ["SIGTERM", "SIGINT"], ["SIGTERM", "SIGTERM"]] as const;
    const first = new Tasks(host, args);
    await first.taskWorkers(1);
    const { id } = await first.add("work", { ms: 3_600_000 });
    await first.untilBegun(id);
    let { server } = first;
    for (const [stop, kinds] of signals.entries()) {
      const from = server.stderr.length;
      for (const kind of kinds) {
        server.kill(kind);
        if (kinds.length > 1 && kind === kinds[0]) await server.logged(/stopping: finishing/, from);
      }
      await server.logged(/gave back 1 task at a quick stop: work /, from);
      assertEquals(await server.exit(), { code: 0, signal: null });
      assertEquals(server.leftovers(), []);
      const next = new Tasks(host, args);
      server = next.server;
      // One that does not count as ready yet is killed at a quick stop.
      await next.taskWorkers(1);
      const { attempt } = await next.untilBegun(id, stop + 2);
      assertEquals(attempt, 1);
    }
    server.kill("SIGINT");
    await server.exit();
  });
}

testOnOneTarget("a store that does not answer delays a quick stop only a little", async (host) => {
  if (lackingRedis !== null) return;
  await using redis = await RedisServer.start();
  const tasks = new Tasks(host, ["--task-store", redis.url]);
  await tasks.taskWorkers(1);
  const { id } = await tasks.add("work", { ms: 3_600_000 });
  await tasks.untilBegun(id);
  redis.signal("SIGSTOP");
  const begin = performance.now();
  tasks.server.kill("SIGINT");
  await tasks.server.exit();
  const took = performance.now() - begin;
  redis.signal("SIGCONT");
  assert(took < 4_000, `it took ${took} ms`);
  assertEquals(tasks.server.leftovers(), []);
});

testOnOneTarget("when a task worker is killed another one takes its task at once", async (host) => {
  const tasks = new Tasks(host, ["--task-workers", "2", "--task-lease", "1h"]);
  await tasks.taskWorkers(2);
  const { id } = await tasks.add("work", { ms: 1_000 });
  const { pid } = await tasks.untilBegun(id);
  Deno.kill(pid, "SIGKILL");
  const again = await tasks.untilBegun(id, 2);
  assert(again.pid !== pid);
  await tasks.untilDone(id);
  await tasks.stop();
});

testOnOneTarget("the only task worker is killed: its replacement takes its task", async (host) => {
  const tasks = new Tasks(host, ["--task-lease", "1h"]);
  await tasks.taskWorkers(1);
  const { id } = await tasks.add("work", { ms: 500 });
  const { pid } = await tasks.untilBegun(id);
  Deno.kill(pid, "SIGKILL");
  await tasks.untilDone(id);
  await tasks.stop();
});

testOnOneTarget("a reload lets running tasks finish, and new ones run in the new worker", async (host) => {
  const tasks = new Tasks(host);
  const [old] = await tasks.taskWorkers(1);
  const { id } = await tasks.add("work", { ms: 1_500 });
  await tasks.untilBegun(id);
  tasks.server.kill("SIGHUP");
  await tasks.server.ready(1, 2);
  const [next] = await tasks.server.until("the new task worker", async () => {
    const workers = (await tasks.server.status())?.tasks?.workers ?? [];
    const found = workers.filter(({ generation, state }) => generation === 2 && state === "ready");
    return found.length === 1 && found.map(({ pid }) => pid);
  });
  const later = await tasks.add("work", {});
  await tasks.untilDone(later.id);
  assertEquals(tasks.begun(later.id).map(({ pid }) => pid), [next]);
  await tasks.untilDone(id);
  assertEquals(tasks.begun(id), [{ pid: old!, attempt: 1 }]);
  await tasks.stop();
});

testOnOneTarget("what runs longer than graceful-timeout goes back into the queue at once", async (host) => {
  const args = ["--graceful-timeout", "300ms", "--shutdown-timeout", "300ms", "--task-lease", "1h"];
  const tasks = new Tasks(host, args);
  await tasks.taskWorkers(1);
  host.write({ "begun": "" });
  // Long enough for any reload.
  const { id } = await tasks.add("work", { ms: 60_000, isLongOnce: true });
  await tasks.untilBegun(id);
  tasks.server.kill("SIGHUP");
  await tasks.untilBegun(id, 2);
  await tasks.server.logged(new RegExp(`gave back 1 task.*work ${id}`));
  await tasks.untilDone(id);
  assertEquals(tasks.begun(id).map(({ attempt }) => attempt), [1, 1]);
  await tasks.stop();
});

testOnOneTarget(
  "a reload whose tasks cannot be loaded fails, and the old ones keep running",
  async (host) => {
    const tasks = new Tasks(host);
    const [old] = await tasks.taskWorkers(1);
    host.write({ "main.ts": app.replace("fail() {", 'broken: "no function",\n  fail() {') });
    tasks.server.kill("SIGHUP");
    await tasks.server.logged(
      /reload failed, generation 1 keeps serving: cannot load the app: .*tasks\.broken/,
    );
    const { id } = await tasks.add("work", {});
    await tasks.untilDone(id);
    assertEquals(tasks.begun(id).map(({ pid }) => pid), [old]);
    await tasks.stop();
  },
);

testOnOneTarget("with tasks-in-workers there are no other processes", async (host) => {
  const tasks = new Tasks(host, ["--tasks-in-workers"]);
  const [worker] = await tasks.server.ready(1);
  const { id } = await tasks.add("work", {});
  await tasks.untilDone(id);
  assertEquals(tasks.begun(id).map(({ pid }) => pid), [worker!.pid]);
  await tasks.stop();
});

testOnOneTarget("a task that fails again and again is dead, with its error", async (host) => {
  const tasks = new Tasks(host);
  await tasks.taskWorkers(1);
  const { id } = await tasks.add("fail", null, { retries: 1, backoff: 10 });
  await tasks.server.logged(new RegExp(`task ${id}.*fail.*attempt 2`));
  await tasks.server.logged(/it cannot be done/);
  const run = (...args: string[]) => host.run(["ctl", "--socket", host.controlSocket, "tasks", ...args]);
  const found = await tasks.server.until("the dead task", async () => {
    const { code, stdout } = await run("show", id, "--json");
    const task = code === 0 ? JSON.parse(stdout) : null;
    return task?.state === "dead" && task;
  });
  assertMatch(found.error, /it cannot be done/);
  await tasks.stop();
});

testOnOneTarget("a database that is damaged costs no request, and is named", async (host) => {
  Deno.writeTextFileSync(`${host.folder}/tasks.db`, "this is no database\n".repeat(100));
  const tasks = new Tasks(host);
  await tasks.server.ready(1);
  const { error } = await tasks.add("work", {});
  assertMatch(error!, /^cannot add the task work: .*tasks\.db.*: .*/);
  await tasks.server.logged(/error .*tasks\.db/);
  assertMatch(await tasks.server.text(), /^\d+$/);
  await tasks.stop();
});

testOnOneTarget("an unknown task is refused with the nearest name", async (host) => {
  const tasks = new Tasks(host);
  await tasks.server.ready(1);
  const { error } = await tasks.add("works", {});
  assertMatch(error!, /works.*did you mean work/);
  await tasks.stop();
});

testOnOneTarget("the store memory: needs no file of the app", async (host) => {
  const tasks = new Tasks(host, ["--task-store", "memory:"]);
  await tasks.taskWorkers(1);
  const { id } = await tasks.add("work", {});
  await tasks.untilDone(id);
  assertEquals(Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name.endsWith(".db")), false);
  await tasks.stop();
});

testOnOneTarget(
  "an upgrade lets running tasks finish, and the new master's workers take the next ones",
  async (host) => {
    const tasks = new Tasks(host);
    const [old] = await tasks.taskWorkers(1);
    const { id } = await tasks.add("work", { ms: 2_500 });
    await tasks.untilBegun(id);
    tasks.server.kill("SIGUSR2");
    await tasks.server.upgraded();
    const [next] = await tasks.taskWorkers(1);
    assert(next !== old);
    const later = await tasks.add("work", {});
    await tasks.untilDone(later.id);
    assertEquals(tasks.begun(later.id).map(({ pid }) => pid), [next]);
    await tasks.untilDone(id);
    assertEquals(tasks.begun(id).map(({ pid }) => pid), [old]);
    await tasks.stop();
  },
);

testOnOneTarget("task workers end when their master is killed", async (host) => {
  const tasks = new Tasks(host);
  await tasks.server.ready(1);
  await tasks.taskWorkers(1);
  const { id } = await tasks.add("work", { ms: 500 });
  await tasks.untilBegun(id);
  tasks.server.kill("SIGKILL");
  await tasks.untilDone(id);
  await tasks.server.until("nothing left", () => tasks.server.survivors().length === 0);
});

testOnOneTarget(
  "Redis that ends and comes back costs no request and no task",
  async (host) => {
    await using redis = await RedisServer.start();
    const tasks = new Tasks(host, ["--task-store", redis.url]);
    await tasks.taskWorkers(1);
    const first = await tasks.add("work", {});
    await tasks.untilDone(first.id);
    const waiting = await tasks.add("work", {}, { delay: 1_000 });
    await redis.end();
    const { error } = await tasks.add("work", {}, { patience: 0 });
    assertMatch(error!, /^cannot add the task work: Redis at redis:.* does not answer/);
    assertMatch(await tasks.server.text(), /^\d+$/);
    await tasks.server.logged(/Redis at redis:.* does not answer/);
    const patient = tasks.add("work", {}, { patience: 20_000 });
    await redis.run();
    const later = await patient;
    await tasks.untilDone(later.id);
    await tasks.untilDone(waiting.id);
    await tasks.server.logged(/the task store answers again/);
    await tasks.stop();
  },
  lackingRedis,
);

testOnOneTarget(
  "the doctor names a Redis that evicts tasks, and one that does not answer",
  async (host) => {
    const redis = await RedisServer.start();
    const examine = async () => {
      const { stdout } = await host.run(["doctor", "--json", "--task-store", redis.url]);
      const { checks } = JSON.parse(stdout);
      return checks.find(({ name }: { name: string }) => name === "task-store");
    };
    try {
      assertEquals((await examine()).verdict, "ok");
      await redis.command("CONFIG SET maxmemory-policy allkeys-lru");
      const evicting = await examine();
      assertEquals(evicting.verdict, "problem");
      assertMatch(evicting.finding, /noeviction/);
    } finally {
      await redis[Symbol.asyncDispose]();
    }
    const gone = await examine();
    assertEquals(gone.verdict, "problem");
    assertMatch(gone.finding, /does not answer/);
  },
  lackingRedis,
);
