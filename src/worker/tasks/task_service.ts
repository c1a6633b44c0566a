/** The background tasks of a worker whose app uses them: it adds tasks, and perhaps runs some. */

import type { AppTasks } from "../../app/load/app_tasks.ts";
import { DenicornError } from "../../core/errors.ts";
import { giveBackTime } from "../../core/tasks/task_limits.ts";
import type { SlotWriter } from "../../core/telemetry/scoreboard.ts";
import { messageOf } from "../../core/thrown.ts";
import type { FromWorker, WorkerConfig } from "../../protocol/messages.ts";
import type { TaskConfig, TaskRequest } from "../../protocol/task_messages.ts";
import { sleep, withTimeout } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import type { Consumer, CronTask, TaskStore } from "../../tasks/task_store.ts";
import type { WorkerLog } from "../worker_log.ts";
import { Enqueuer } from "./enqueuer.ts";
import { checkedTask, type GivenTask } from "./new_task.ts";
import { openTaskStore } from "./open_store.ts";
import { definitionOfJob, taskOfJob } from "./cron_tasks.ts";
import { namesOf, TaskLog } from "./task_log.ts";
import { TaskReports } from "./task_reports.ts";
import { answerTo } from "./task_requests.ts";
import { TaskRunner } from "./task_runner.ts";
import { TaskTallies } from "./task_tallies.ts";

export interface TaskParts {
  readonly system: System;
  readonly config: Pick<WorkerConfig, "role" | "logLevel">;
  readonly tasks: TaskConfig;
  readonly app: AppTasks;
  readonly log: WorkerLog;
  readonly writer: SlotWriter;
  readonly send: (message: FromWorker) => void;
  readonly jobOf: (name: string) => (() => unknown) | undefined;
  readonly openStore?: typeof openTaskStore;
}

/** Milliseconds to wait for a store that is away when a job of `Deno.cron` is due. */
const jobPatience = 30_000;

/** Milliseconds between two attempts to store the cron entries. */
const cronInterval = 5_000;

export class TaskService {
  readonly #parts: TaskParts;
  readonly #log: TaskLog;
  readonly #enqueuer: Enqueuer;
  readonly #tallies = new TaskTallies();
  #store: Promise<TaskStore> | null = null;
  #reports: TaskReports | null = null;
  #runner: TaskRunner | null = null;
  #consumer: Consumer | null = null;
  #isFinishing = false;
  #givingBack: Promise<void> | null = null;

  constructor(parts: TaskParts) {
    const { system: { clock }, config, log } = parts;
    this.#parts = parts;
    this.#log = new TaskLog(log, config.logLevel === "debug");
    this.#enqueuer = new Enqueuer({ clock, store: () => this.#opened(), onAdded: () => this.#added() });
  }

  /** Throws DenicornError `app-tasks` if an entry cannot be added. */
  async check(): Promise<readonly CronTask[]> {
    const { app } = this.#parts;
    const entries: CronTask[] = [];
    for (const { name, schedule, timezone, task, payload } of app.cron) {
      try {
        const checked = await this.#checked({ name: task, payload, options: {} });
        entries.push({ name, schedule, timezone, task: checked.task });
      } catch (error) {
        throw new DenicornError("app-tasks", `cannot load the app: cron.${name}: ${messageOf(error)}`, {
          cause: error,
        });
      }
    }
    return entries;
  }

  /** Rejects with TypeError for what cannot be a task, and with `TaskStoreError` if it cannot be stored. */
  async enqueue(given: GivenTask): Promise<string> {
    const { task, patience } = await this.#checked(given);
    return this.#enqueuer.add(task, patience);
  }

  /** Of several servers that share the store, one adds the task. */
  addJob(name: string, due: number): Promise<string> {
    return this.#enqueuer.add(taskOfJob(name, due), jobPatience);
  }

  /** From now on it takes tasks. */
  async start(): Promise<void> {
    const { system: { clock }, config, tasks, app, log, writer, send, jobOf } = this.#parts;
    const { concurrency, owner, sizeLimit } = tasks;
    const store = await this.#opened();
    if (this.#isFinishing) return;
    const runner = new TaskRunner({
      ...{ clock, sizeLimit, writer },
      definitionOf: (name) => app.tasks.get(name) ?? definitionOfJob(name, jobOf),
      names: [...app.tasks.keys()],
      isCounting: config.role === "tasks",
      log: this.#log,
      tallies: this.#tallies,
      stackOf: (error) => log.stackOf(error),
      onChange: () => reports.changed(),
    });
    const reports = new TaskReports({
      ...{ clock, store, concurrency },
      tallies: this.#tallies,
      running: () => runner.count,
      send: (report) => send({ type: "task-report", report }),
    });
    this.#runner = runner;
    this.#reports = reports;
    this.#consumer = store.consume({
      ...{ concurrency, owner },
      run: (task) => runner.run(task),
      onState: (problem) => reports.state(problem),
      onDead: ({ id, name }, error) => {
        this.#tallies.died(name);
        this.#log.died({ id, name }, error);
        reports.changed();
      },
    });
    // What waits already may need more workers.
    reports.changed();
    void this.#schedule(store);
  }

  /** There may be new tasks. */
  wake(): void {
    this.#consumer?.wake();
    this.#reports?.added();
  }

  /** The process `owner` is gone. */
  release(owner: string): void {
    this.#consumer?.release(owner);
  }

  async answer(request: TaskRequest): Promise<string> {
    const answer = await answerTo(request, await this.#opened(), (task) => this.enqueue(task));
    if (!isLook(request)) this.#reports?.changed();
    return answer;
  }

  /** For the line about an uncaught error, which may come from one of them; empty if none runs. */
  get runningText(): string {
    const names = this.runningNames;
    return names === "" ? "" : `, with tasks running: ${names}`;
  }

  /** Tasks that run; empty without any. */
  get runningNames(): string {
    return namesOf(this.#runner?.running ?? []);
  }

  /** Takes no more tasks. Resolves when those that run have ended, or are given back after `limit` milliseconds. */
  async finish(limit: number): Promise<void> {
    this.#isFinishing = true;
    const consumer = this.#consumer;
    const runner = this.#runner;
    if (consumer === null || runner === null) return;
    const { clock } = this.#parts.system;
    await withTimeout(clock, limit, consumer.stop());
    await this.#giveBack(consumer, runner, "at graceful-timeout");
    await this.#reports?.finish();
  }

  /** Takes no more tasks, and gives back those that run. */
  async giveBack(): Promise<void> {
    this.#isFinishing = true;
    const consumer = this.#consumer;
    const runner = this.#runner;
    if (consumer === null || runner === null) return;
    const stopped = consumer.stop();
    await this.#giveBack(consumer, runner, "at a quick stop");
    // What it was about to take goes back, too, and what has ended is stored.
    await withTimeout(this.#parts.system.clock, giveBackTime, stopped);
  }

  /** Once: a drain ends as soon as nothing runs, and must not close the store on a quick stop that gives back. */
  #giveBack(consumer: Consumer, runner: TaskRunner, when: string): Promise<void> {
    return this.#givingBack ??= this.#giveBackRunning(consumer, runner, when);
  }

  async #giveBackRunning(consumer: Consumer, runner: TaskRunner, when: string): Promise<void> {
    const left = runner.running;
    if (left.length === 0) return;
    runner.abandon(new DOMException("The worker is draining.", "AbortError"));
    let why: string | null = "the task store does not answer";
    const given = consumer.giveBack().then(() => why = null, (error) => why = messageOf(error));
    await withTimeout(this.#parts.system.clock, giveBackTime, given);
    // The other workers may be idle.
    this.#parts.send({ type: "tasks-added" });
    await (why === null ? this.#log.gaveBack(left, when) : this.#log.notGivenBack(left, when, why));
  }

  /** After the last use. */
  async close(): Promise<void> {
    if (this.#store === null) return;
    const closed = this.#store.then((store) => store.close());
    await withTimeout(this.#parts.system.clock, giveBackTime, closed);
  }

  #checked(given: GivenTask) {
    const { system: { clock }, tasks, app } = this.#parts;
    return checkedTask(app, given, { sizeLimit: tasks.sizeLimit, now: clock.wall() });
  }

  #opened(): Promise<TaskStore> {
    const { system, tasks: { store, memory, lease, retention }, openStore = openTaskStore } = this.#parts;
    if (this.#store !== null) return this.#store;
    const opened = openStore(system, store, memory, { lease, retention });
    // Its module may not have been readable for a moment.
    opened.catch(() => this.#store = null);
    return this.#store = opened;
  }

  #added(): void {
    this.#parts.send({ type: "tasks-added" });
    this.wake();
  }

  /** Tries it again until the store takes them. */
  async #schedule(store: TaskStore): Promise<void> {
    const entries = await this.check();
    for (let isFirst = true; !this.#isFinishing; isFirst = false) {
      try {
        return await store.schedule(entries);
      } catch (error) {
        // Without entries there are only old ones to remove, which nobody misses.
        if (isFirst && entries.length > 0) this.#log.cronFailed(error);
      }
      await sleep(this.#parts.system.clock, cronInterval);
    }
  }
}

/** Whether an operator only looks at tasks, and changes none. */
function isLook({ do: does }: TaskRequest): boolean {
  return does === "counts" || does === "list" || does === "show";
}
