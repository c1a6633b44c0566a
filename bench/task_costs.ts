/**
 * What tasks cost others: the processor time of two idle task workers, the latency of requests beside a full queue,
 * 1,000,000 tasks that wait, and the processor time of a request in an app that has tasks and adds none. The last needs
 * `wrk`, and also measures the checkout that `OTHER` names. `ONLY=idle` measures one of them.
 */

import { setUp } from "../src/tasks/sqlite/task_schema.ts";
import { databases } from "../src/system/database/sqlite_database.ts";
import { freePort, fromSource, median, report, root, start } from "./support/program.ts";

const bench = "task-costs";
const rounds = Number(Deno.env.get("ROUNDS") ?? 3);
const only = Deno.env.get("ONLY") ?? "";
const app = `${root}bench/tasks/apps/denicorn.js`;
const withoutTasks = `${root}bench/tasks/apps/without_tasks.js`;
const measurements = { idle, many, requests, unused };

for (const [name, measure] of Object.entries(measurements)) if (name.includes(only)) await measure();

interface Served {
  readonly port: number;
  readonly folder: string;
}

/** Serves an app while `use` runs. */
async function serving<T>(
  { file, args = [], program = root, prepare = () => {} }: {
    file: string;
    program?: string;
    args?: readonly string[];
    prepare?: (folder: string) => void;
  },
  use: (served: Served) => Promise<T>,
): Promise<T> {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-bench-" });
  const port = freePort();
  prepare(folder);
  const bind = ["--bind", `127.0.0.1:${port}`, "--log-level", "error"];
  const store = file === app ? ["--task-store", `sqlite:${folder}/tasks.db`] : [];
  const env = { TALLY: `${folder}/tally`, XDG_RUNTIME_DIR: folder };
  const server = await start([...commandOf(program), ...bind, ...store, ...args, file], port, env);
  try {
    return await use({ port, folder });
  } finally {
    await server.stop();
    Deno.removeSync(folder, { recursive: true });
  }
}

function commandOf(program: string): readonly string[] {
  return fromSource.map((word) => word.replace(root, `${program.replace(/\/$/, "")}/`));
}

/** One worker and two task workers, or three workers. */
async function idle(): Promise<void> {
  const seconds = 30;
  const burn = async ({ port }: Served) => {
    await pause(5_000);
    const before = processorTime(processesOf(port));
    await pause(1_000 * seconds);
    return processorTime(processesOf(port)) - before;
  };
  const times: Record<string, number[]> = { with: [], without: [] };
  for (let round = 0; round < rounds; round++) {
    times["without"]!.push(await serving({ file: withoutTasks, args: ["-w", "3"] }, burn));
    times["with"]!.push(await serving({ file: app, args: ["--task-workers", "2"] }, burn));
  }
  const perHour = (name: string) => median(times[name]!) * 3_600 / seconds;
  report(bench, "an idle hour, 3 workers without tasks", perHour("without"), "ms", perHour("without"));
  report(bench, "an idle hour, 1 worker and 2 task workers", perHour("with"), "ms", perHour("without"));
}

/** How fast empty tasks run if many wait behind them. */
async function many(): Promise<void> {
  const seconds = 3;
  const rate = (count: number) =>
    serving({
      file: app,
      args: ["--task-workers", "2"],
      prepare: (folder) => fill(`${folder}/tasks.db`, count),
    }, async ({ folder }) => {
      await until(() => ended(folder) > 0);
      // Both have started, and are compiled.
      await pause(1_500);
      const before = ended(folder);
      await pause(1_000 * seconds);
      return (ended(folder) - before) / seconds;
    });
  const rates = { few: [] as number[], many: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    rates.few.push(await rate(150_000));
    rates.many.push(await rate(1_000_000));
  }
  report(bench, "tasks per second, up to 150,000 waiting", median(rates.few), "1/s", median(rates.few));
  report(bench, "tasks per second, 1,000,000 waiting", median(rates.many), "1/s", median(rates.few));
}

/** 500 requests a second, of clients that send the next one when it is due. */
async function requests(): Promise<void> {
  const p99 = (count: number, wait: number) =>
    serving({
      file: app,
      args: ["--task-workers", "2"],
      prepare: (folder) => fill(`${folder}/tasks.db`, count, wait),
    }, async ({ port }) => {
      await pause(3_000);
      return await latency(port);
    });
  const found: Record<string, number[]> = {};
  for (let round = 0; round < rounds; round++) {
    (found["no tasks"] ??= []).push(await p99(0, 0));
    (found["tasks of 100 ms"] ??= []).push(await p99(100_000, 100));
    (found["tasks of 10 ms"] ??= []).push(await p99(100_000, 10));
  }
  for (const [name, values] of Object.entries(found)) {
    report(
      bench,
      `p99 of requests beside ${name}`,
      1_000 * median(values),
      "µs",
      1_000 * median(found["no tasks"]!),
    );
  }
}

async function latency(port: number): Promise<number> {
  const times: number[] = [];
  const began = performance.now();
  const [clients, each, every] = [10, 250, 20];
  await Promise.all(Array.from({ length: clients }, async (_, client) => {
    using http = Deno.createHttpClient({});
    for (let request = 0; request < each; request++) {
      const due = began + (request + client / clients) * every;
      await pause(due - performance.now());
      const sent = performance.now();
      await (await fetch(`http://127.0.0.1:${port}/`, { client: http })).text();
      times.push(performance.now() - sent);
    }
  }));
  return times.toSorted((a, b) => a - b)[Math.floor(0.99 * times.length)] ?? NaN;
}

/** In turns of a few seconds, because other programs change how long an instruction takes. */
async function unused(): Promise<void> {
  const main = Deno.env.get("OTHER");
  const others = main === undefined
    ? {}
    : { [`of ${main}, app without tasks`]: { file: withoutTasks, program: main } };
  const subjects: Record<string, { file: string; program?: string }> = {
    "app without tasks": { file: withoutTasks },
    "app with tasks": { file: app },
    ...others,
  };
  const found = new Map<string, number[]>();
  try {
    for (let round = 0; round < 2 * rounds + 1; round++) {
      const turn = Object.entries(subjects);
      for (const [name, subject] of round % 2 === 0 ? turn : turn.toReversed()) {
        const args = subject.file === app ? ["--task-workers", "1"] : [];
        const cost = await serving({ ...subject, args }, async ({ port }) => {
          await wrk(port, 2);
          const before = processorTime([workerOf(port)]);
          const requests = await wrk(port, 3);
          return 1_000_000 * (processorTime([workerOf(port)]) - before) / requests;
        });
        found.set(name, [...found.get(name) ?? [], cost]);
      }
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return console.log(`processor time per request: skipped: ${error.message}`);
  }
  for (const [name, costs] of found) {
    report(bench, `time per request, ${name}`, median(costs), "ns", median(found.get("app without tasks")!));
  }
}

/** Returns the number of requests. */
async function wrk(port: number, seconds: number): Promise<number> {
  const { stdout } = await new Deno.Command("wrk", {
    args: ["-t1", "-c16", `-d${seconds}s`, `http://127.0.0.1:${port}/`],
  }).output();
  return Number(/(\d+) requests in/.exec(new TextDecoder().decode(stdout))?.[1]);
}

function fill(path: string, count: number, wait = 0): void {
  const database = databases.open(path, 1_000);
  setUp(database, path);
  database.script(`
    PRAGMA synchronous = OFF;
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO task (state, priority, run_at, attempts, backoff, timeout, added_at, name, payload)
    SELECT 'waiting', 0, 1, 4, 1000, 0, 1, 'work', '{"wait":${wait}}' FROM n WHERE ${count} > 0`);
  database.close();
}

/** How many tasks have ended. */
function ended(folder: string): number {
  try {
    const lines = Deno.readTextFileSync(`${folder}/tally`).split("\n").slice(0, -1);
    return lines.reduce((sum, line) => sum + JSON.parse(line).count, 0);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** The master's process id, by the port in its arguments. */
function masterOf(port: number): number {
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    if (argumentsOf(name).includes(`127.0.0.1:${port}`)) return Number(name);
  }
  throw new Error(`no process serves port ${port}`);
}

function processesOf(port: number): number[] {
  const master = masterOf(port);
  const children = Deno.readTextFileSync(`/proc/${master}/task/${master}/children`).trim().split(" ");
  return [master, ...children.map(Number)];
}

function workerOf(port: number): number {
  const worker = processesOf(port).find((pid) => argumentsOf(`${pid}`).some((word) => /^worker=/.test(word)));
  if (worker === undefined) throw new Error(`no worker serves port ${port}`);
  return worker;
}

function argumentsOf(pid: string): string[] {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).split("\0");
  } catch {
    return [];
  }
}

/** Milliseconds that processes have used, on all their threads. */
function processorTime(pids: readonly number[]): number {
  let ns = 0;
  for (const pid of pids) {
    for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
      ns += Number(Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0]);
    }
  }
  return ns / 1e6;
}

async function until(check: () => boolean): Promise<void> {
  while (!check()) await pause(20);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
