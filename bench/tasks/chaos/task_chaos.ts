/**
 * Adds tasks while task workers are killed, the app is reloaded, and the store is restarted, or the whole server if the
 * store is a file; then compares what the tasks have written with what may have happened.
 */

import type { TaskStore } from "../../../src/tasks/task_store.ts";
import type { TestHost } from "../../../tests/integration/harness.ts";
import type { Server } from "../../../tests/integration/server.ts";
import { seeded } from "../../../tests/simulation/random.ts";
import { batchSize, type PlannedTask, plannedTask } from "./chaos_plan.ts";
import { killServer } from "./kill_server.ts";
import { judge, runsIn, stallsIn, type Verdict } from "./ledger.ts";

/** The store that is tested. */
export interface ChaosStore {
  /** As `--task-store` names it. */
  readonly place: string;
  /** To look into it from outside. */
  readonly store: TaskStore;
  /** `null` for a store that is no process: then the whole server is killed and started again. */
  readonly restart: (() => Promise<void>) | null;
}

interface ChaosOptions {
  readonly tasks: number;
  readonly seed: number;
  /** Milliseconds until the test is given up. */
  readonly deadline: number;
}

interface ChaosResult extends Verdict {
  readonly seconds: number;
  readonly kills: number;
  /** Tasks whose addition was not acknowledged. */
  readonly unacknowledged: number;
}

/** Milliseconds between two kills, at least. */
const killInterval = 300;
/**
 * So many attempts end between two kills, twice as many as run at a time: on a machine with a load of 40 the deaths of five
 * workers met the same task again and again, and it was dead.
 */
const endsPerKill = 80;
/** After these the pauses between deaths and replacements are so long that the rest would take minutes. */
const mostKills = 60;
/** So many tasks wait at most, so that some are still being added at the end. */
const mostWaiting = 1_000;
/** The share of kills that may hit a worker that has run no tasks yet, or is being drained. */
const anyVictim = 0.2;
/** In milliseconds. */
const lease = 2_000;
const taskWorkers = 4;
/** How many tasks each of them runs at a time. */
const concurrency = 10;
const app = new URL("chaos_app.ts", import.meta.url).pathname;

export async function taskChaos(
  host: TestHost,
  chaos: ChaosStore,
  options: ChaosOptions,
): Promise<ChaosResult> {
  const run = new TaskChaos(host, chaos, options);
  try {
    return await run.result();
  } finally {
    run.isOver = true;
    await run.ended;
  }
}

class TaskChaos {
  readonly #host: TestHost;
  readonly #chaos: ChaosStore;
  readonly #options: ChaosOptions;
  readonly #random: () => number;
  readonly #planned: PlannedTask[];
  readonly #acknowledged = new Set<number>();
  readonly #killed = new Map<number, number>();
  #storeKilledAt: number | null = null;
  readonly #journal: Journal;
  #server: Server;
  #kills = 0;
  isOver = false;
  ended: Promise<unknown> = Promise.resolve();

  constructor(host: TestHost, chaos: ChaosStore, options: ChaosOptions) {
    this.#host = host;
    this.#chaos = chaos;
    this.#options = options;
    this.#random = seeded(options.seed);
    this.#planned = Array.from({ length: options.tasks }, (_, number) => plannedTask(number, this.#random));
    this.#journal = new Journal(this.#lines);
    this.#server = this.#start();
  }

  async result(): Promise<ChaosResult> {
    await this.#server.ready(1);
    const began = performance.now();
    const adding = this.#add();
    const killing = this.#killWorkers();
    this.ended = Promise.allSettled([adding, killing]);
    await this.#until("a third of the tasks has ended", async () => await this.#share() > 1 / 3);
    this.#server.kill("SIGHUP");
    await this.#server.ready(1, 2);
    await this.#until("two thirds of the tasks have ended", async () => await this.#share() > 2 / 3);
    await this.#restart();
    await adding;
    await this.#until("all tasks have ended", async () => await this.#left() === 0);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    this.isOver = true;
    await killing;
    return {
      ...await this.#verdict(),
      ...{ seconds, kills: this.#kills },
      unacknowledged: this.#options.tasks - this.#acknowledged.size,
    };
  }

  #start(port?: number): Server {
    const args = ["--task-store", this.#chaos.place, "--task-workers", `${taskWorkers}`];
    const limits = ["--task-concurrency", `${concurrency}`, "--task-lease", `${lease}ms`];
    return this.#host.start({
      files: {},
      app,
      args: [...args, ...limits, "--log-level", "warning"],
      env: { CHAOS_LINES: this.#lines },
      ...port === undefined ? {} : { port },
    });
  }

  get #lines(): string {
    return `${this.#host.folder}/lines`;
  }

  /** Of the tasks, which have ended by now. */
  async #share(): Promise<number> {
    return (this.#acknowledged.size - await this.#left()) / this.#options.tasks;
  }

  /** How many tasks have not ended. */
  async #left(): Promise<number> {
    try {
      const { waiting, delayed, running } = await this.#chaos.store.counts();
      return waiting + delayed + running;
    } catch {
      // The store is being restarted.
      return Infinity;
    }
  }

  async #add(): Promise<void> {
    for (let at = 0; at < this.#planned.length; at += batchSize) {
      await this.#until("fewer tasks wait", async () => await this.#left() < mostWaiting);
      let batch = this.#planned.slice(at, at + batchSize);
      while (batch.length > 0) {
        if (this.isOver) return;
        const added = await this.#addBatch(batch);
        for (const number of added) this.#acknowledged.add(number);
        // Without a key it could be added twice.
        batch = batch.filter(({ number, key }) => key !== undefined && !this.#acknowledged.has(number));
        if (batch.length > 0) await pause(50);
      }
    }
  }

  async #addBatch(batch: readonly PlannedTask[]): Promise<readonly number[]> {
    try {
      const response = await this.#server.fetch("/", { method: "POST", body: JSON.stringify(batch) });
      return await response.json();
    } catch {
      // The server was killed.
      return [];
    }
  }

  async #killWorkers(): Promise<void> {
    let endsNeeded = 0;
    for (
      let next = performance.now();
      !this.isOver && this.#kills < mostKills;
      await pause(next - performance.now())
    ) {
      next = Math.max(next + killInterval, performance.now());
      const workers = (await this.#server.status())?.tasks?.workers ?? [];
      const alive = workers.map(({ pid }) => pid).filter((pid) => !this.#killed.has(pid));
      // If none came so far as to run tasks, as on a busy machine, the test would not end.
      this.#journal.read();
      const { pids: ran, ends } = this.#journal;
      if (ends < endsNeeded) continue;
      const victims = this.#random() < anyVictim ? alive : alive.filter((pid) => ran.has(pid));
      const victim = victims[Math.floor(this.#random() * victims.length)];
      if (victim === undefined || this.isOver) continue;
      try {
        Deno.kill(victim, "SIGKILL");
        this.#noteKilled(victim);
        this.#kills++;
        endsNeeded = ends + endsPerKill;
      } catch {
        // It has ended in the meantime.
      }
    }
  }

  async #restart(): Promise<void> {
    if (this.#chaos.restart !== null) {
      this.#storeKilledAt = now();
      return await this.#chaos.restart();
    }
    for (const pid of killServer(this.#server.pid)) this.#noteKilled(pid);
    await this.#server.exited;
    this.#server = this.#start(this.#server.port);
    await this.#server.ready(1);
  }

  #noteKilled(pid: number): void {
    this.#killed.set(pid, now());
  }

  async #verdict(): Promise<Verdict> {
    const dead = await this.#chaos.store.list("dead", this.#options.tasks);
    const lines = Deno.readTextFileSync(this.#lines);
    const verdict = judge({
      planned: this.#planned,
      acknowledged: this.#acknowledged,
      runs: runsIn(lines),
      stalls: stallsIn(lines, lease / 2),
      killed: this.#killed,
      away: this.#storeKilledAt === null
        ? null
        : { from: this.#storeKilledAt, lease, slots: taskWorkers * concurrency },
      dead: dead.map(({ payload }) => JSON.parse(payload).number),
    });
    this.#server.kill("SIGTERM");
    const { code } = await this.#server.exit();
    return code === 0
      ? verdict
      : { ...verdict, problems: [...verdict.problems, `the server exits with ${code}`] };
  }

  #until<T>(what: string, check: () => T | false | Promise<T | false>): Promise<T> {
    return this.#server.until<T>(
      what,
      async () => this.isOver ? true as T : await check(),
      this.#options.deadline,
    );
  }
}

/** What the lines of the app say so far. */
class Journal {
  readonly #path: string;
  /** The processes that have written some. */
  readonly pids = new Set<number>();
  /** Attempts that have ended. */
  ends = 0;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
  }

  read(): void {
    try {
      using file = Deno.openSync(this.#path);
      file.seekSync(this.#offset, Deno.SeekMode.Start);
      const bytes = new Uint8Array(file.statSync().size - this.#offset);
      this.#offset += file.readSync(bytes) ?? 0;
      for (const [, what, pid] of new TextDecoder().decode(bytes).matchAll(/^(\w+) (\d+) .*\n/gm)) {
        this.pids.add(Number(pid));
        if (what !== "begin") this.ends++;
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** In milliseconds since 1970. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
