/** What is compared: Denicorn with each of its stores, and plain BullMQ and Celery on the same Redis. */

import { createSystem } from "../../src/system/deno_system.ts";
import { bullMqStore } from "../../src/tasks/bullmq/bullmq_store.ts";
import { sqliteStore } from "../../src/tasks/sqlite/sqlite_store.ts";
import type { TaskStore } from "../../src/tasks/task_store.ts";
import { binary, denoRun, freePort, fromSource, start } from "../support/program.ts";

/** What it is started for. */
interface Setup {
  /** A folder of its own. */
  readonly folder: string;
  readonly redis: { readonly url: string; readonly port: number };
  readonly workers: number;
  readonly concurrency: number;
  /** The file for what tasks measure. */
  readonly tally: string;
}

export interface Running {
  /** Where tasks are added. */
  readonly port: number;
  readonly queue: Pick<TaskStore, "pause" | "resume">;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  start(setup: Setup): Promise<Running>;
}

/** The Python of Debian has its package `celery`; another one first on PATH has not. */
const python = "/usr/bin/python3";
const apps = new URL("apps/", import.meta.url).pathname;
const options = { lease: 30_000, retention: 86_400_000 };

export const subjects: readonly Subject[] = [
  denicorn("denicorn source, sqlite", fromSource, "sqlite"),
  denicorn("denicorn source, memory", fromSource, "memory"),
  denicorn("denicorn source, redis", fromSource, "redis"),
  denicorn("denicorn binary, sqlite", binary, "sqlite"),
  denicorn("denicorn binary, memory", binary, "memory"),
  denicorn("denicorn binary, redis", binary, "redis"),
  bullMq("BullMQ, Deno", denoRun),
  bullMq("BullMQ, Node", ["node"]),
  ...hasCelery() ? [celery("Celery, threads")] : [],
];

function denicorn(name: string, command: readonly string[], kind: "sqlite" | "memory" | "redis"): Subject {
  return {
    name,
    async start({ folder, redis, workers, concurrency, tally }) {
      const port = freePort();
      const file = `${folder}/tasks.db`;
      const place = { sqlite: `sqlite:${file}`, memory: "memory:", redis: redis.url }[kind];
      const args = ["--bind", `127.0.0.1:${port}`, "--task-store", place, "--log-level", "error"];
      const pool = ["--task-workers", `${workers}`, "--task-concurrency", `${concurrency}`];
      const env = { TALLY: tally, XDG_RUNTIME_DIR: folder };
      const server = await start([...command, ...args, ...pool, `${apps}denicorn.js`], port, env);
      const path = kind === "memory" ? `${runtimeDirectory(folder)}/tasks/tasks.db` : file;
      const store = kind === "redis"
        ? bullMqStore(createSystem(), redis.url, options)
        : sqliteStore(createSystem(), { path, isDurable: false }, options);
      return {
        ...{ port, queue: store },
        stop: async () => {
          await store.close();
          await server.stop();
        },
      };
    },
  };
}

/** The only one in `folder`. */
function runtimeDirectory(folder: string): string {
  const [entry] = Array.from(Deno.readDirSync(folder)).filter(({ name, isDirectory }) =>
    isDirectory && name.includes("denicorn")
  );
  return `${folder}/${entry?.name}`;
}

function bullMq(name: string, command: readonly string[]): Subject {
  return {
    name,
    async start({ redis, workers, concurrency, tally }) {
      const port = freePort();
      const env = {
        TALLY: tally,
        PORT: `${port}`,
        REDIS_PORT: `${redis.port}`,
        CONCURRENCY: `${concurrency}`,
      };
      const [program = "", ...args] = [...command, `${apps}bullmq.js`];
      const running = Array.from(
        { length: workers },
        () => new Deno.Command(program, { args: [...args, "work"], env, stdin: "null" }).spawn(),
      );
      const server = await startBeside(running, [program, ...args, "serve"], port, env);
      const store = bullMqStore(createSystem(), `${redis.url}?queue=bench`, options);
      return {
        ...{ port, queue: store },
        stop: async () => {
          await store.close();
          await endAll(server, running);
        },
      };
    },
  };
}

function hasCelery(): boolean {
  try {
    const args = ["-c", "import celery, redis"];
    const { success } = new Deno.Command(python, { args, stdout: "null", stderr: "null" }).outputSync();
    if (success) return true;
  } catch {
    // There is no Python.
  }
  console.log("Celery is missing and not measured: apt-get install celery python3-redis");
  return false;
}

function celery(name: string): Subject {
  return {
    name,
    async start({ redis, workers, concurrency, tally }) {
      const port = freePort();
      const env = {
        TALLY: tally,
        PORT: `${port}`,
        REDIS_PORT: `${redis.port}`,
        PYTHONDONTWRITEBYTECODE: "1",
      };
      const quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "error"];
      const pool = ["--pool", "threads", "--concurrency", `${concurrency}`];
      const running = Array.from({ length: workers }, (_, worker) =>
        new Deno.Command(python, {
          args: ["-m", "celery", "-A", "celery_tasks", "worker", ...pool, ...quiet, "-n", `${worker}@bench`],
          ...{ cwd: apps, env, stdin: "null", stdout: "null", stderr: "null" },
        }).spawn());
      const server = await startBeside(running, [python, `${apps}celery_tasks.py`], port, env);
      // Once told to take tasks again (add_consumer), its workers take few a second for a while.
      const signal = (name: Deno.Signal) => {
        for (const process of running) process.kill(name);
        return Promise.resolve();
      };
      return {
        port,
        queue: { pause: () => signal("SIGSTOP"), resume: () => signal("SIGCONT") },
        stop: () => endAll(server, running),
      };
    },
  };
}

/** The server that adds tasks. Without it, its workers end, too: they would take time from the next subject. */
async function startBeside(
  running: readonly Deno.ChildProcess[],
  command: readonly string[],
  port: number,
  env: Record<string, string>,
) {
  try {
    return await start(command, port, env);
  } catch (error) {
    await endAll({ stop: () => Promise.resolve() }, running);
    throw error;
  }
}

async function endAll(
  server: { stop(): Promise<void> },
  running: readonly Deno.ChildProcess[],
): Promise<void> {
  await server.stop();
  for (const process of running) {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
  await Promise.all(running.map(({ status }) => status));
}
