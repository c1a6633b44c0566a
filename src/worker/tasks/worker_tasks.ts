/**
 * The background tasks of a worker, as far as it needs them: what adds and runs tasks is loaded when it is first used, so
 * that an app without tasks starts as fast as before.
 */

import type { AppTasks } from "../../app/load/app_tasks.ts";
import { shownPath } from "../../app/paths.ts";
import { DenicornError } from "../../core/errors.ts";
import type { SlotWriter } from "../../core/telemetry/scoreboard.ts";
import { attempt, messageOf, textOf } from "../../core/thrown.ts";
import { clip } from "../../protocol/framing.ts";
import type { FromWorker, WorkerConfig } from "../../protocol/messages.ts";
import type { TaskRequest } from "../../protocol/task_messages.ts";
import { sleep } from "../../system/clock.ts";
import { lazyModule } from "../../system/lazy_module.ts";
import type { System } from "../../system/system.ts";
import type { WorkerLog } from "../worker_log.ts";
import type { TaskService } from "./task_service.ts";

const loadService = lazyModule(() => import("./task_service.ts"));

/** Milliseconds between two attempts to run tasks. */
const startInterval = 5_000;

interface TasksOptions {
  readonly log: WorkerLog;
  readonly writer: SlotWriter;
  readonly send: (message: FromWorker) => void;
  /** The function of a job of `Deno.cron`. */
  readonly jobOf: (name: string) => (() => unknown) | undefined;
}

export class WorkerTasks {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #options: TasksOptions;
  /** `undefined` until the app is imported, `null` if it has none. */
  #app: AppTasks | null | undefined = undefined;
  #service: TaskService | null = null;
  #loading: Promise<TaskService> | null = null;
  #isFinishing = false;

  constructor(system: System, config: WorkerConfig, options: TasksOptions) {
    this.#system = system;
    this.#config = config;
    this.#options = options;
  }

  /** The app is imported, and has these tasks. Throws DenicornError `app-tasks` if they cannot be used. */
  async offer(app: AppTasks | null): Promise<void> {
    this.#app = app;
    if (app === null) {
      if (this.#config.tasks !== null) throw this.#withoutTasks();
      return;
    }
    if (app.cron.length > 0 && this.#config.tasks !== null) await (await this.#load()).check();
  }

  /** Rejects with an error that says what to do. */
  async enqueue(name: unknown, payload: unknown, options: unknown): Promise<string> {
    const why = this.#refusal;
    if (why !== null) throw new Error(`cannot enqueue ${textOf(name)}: ${why}`);
    if (this.#service !== null) return this.#service.enqueue({ name, payload, options });
    // The app may change it meanwhile.
    const given = { name, payload: attempt(() => structuredClone(payload), payload), options };
    return (await this.#load()).enqueue(given);
  }

  /** Adds a task for a job of `Deno.cron` that was due then, by the wall clock. */
  async addJob(name: string, due: number): Promise<string> {
    return (await this.#load()).addJob(name, due);
  }

  /** From now on it takes tasks, if it is to run some. */
  start(): void {
    if (this.#config.tasks?.runs === true && hasTasks(this.#app)) void this.#start();
  }

  /** Tries it again until it works: a task worker that runs nothing is of no use. */
  async #start(): Promise<void> {
    while (!this.#isFinishing) {
      try {
        const service = await this.#load();
        if (!this.#isFinishing) await service.start();
        return;
      } catch (error) {
        await this.#options.log.appError("cannot run tasks yet", error);
      }
      await sleep(this.#system.clock, startInterval);
    }
  }

  /** There may be new tasks. */
  wake(): void {
    this.#service?.wake();
  }

  /** The process `owner` is gone. */
  release(owner: string): void {
    this.#service?.release(owner);
  }

  /** Sends the answer. */
  async answer(number: number, request: TaskRequest): Promise<void> {
    const { send } = this.#options;
    try {
      const why = this.#refusal;
      if (why !== null) throw new Error(`cannot ask for tasks: ${why}`);
      send({ type: "task-answer", number, answer: await (await this.#load()).answer(request) });
    } catch (error) {
      send({ type: "task-answer", number, failure: clip(messageOf(error)) });
    }
  }

  get runningText(): string {
    return this.#service?.runningText ?? "";
  }

  /** Tasks that run; empty without any. */
  get runningNames(): string {
    return this.#service?.runningNames ?? "";
  }

  /** Takes no more tasks. Resolves when those that run have ended, or are given back after `limit` milliseconds. */
  async finish(limit: number): Promise<void> {
    this.#isFinishing = true;
    await this.#service?.finish(limit);
  }

  /** Of a process that must end now: gives back what runs, and closes the store. */
  async giveBack(): Promise<void> {
    this.#isFinishing = true;
    await this.#service?.giveBack();
    await this.#service?.close();
  }

  /** After the last use. */
  async close(): Promise<void> {
    await this.#service?.close();
  }

  get #refusal(): string | null {
    const { tasks, role, listen, sharedSockets } = this.#config;
    if (this.#app === undefined) {
      return "the app is still being imported: enqueue it in startup(), or later";
    }
    if (role === "requests" && listen.length + sharedSockets.length === 0) {
      return "the app is only checked: enqueue it where it is served";
    }
    return tasks === null || this.#app === null
      ? "the app has no tasks: add `export const tasks = { … }`, or start with --tasks MODULE"
      : null;
  }

  #withoutTasks(): DenicornError {
    const source = shownPath(this.#system.host.cwd(), this.#config.source);
    return new DenicornError(
      "app-tasks",
      `cannot load the app: ${source} has no tasks, or still waits at top level for the end of its servers: export ` +
        "tasks, and remove that await",
    );
  }

  #load(): Promise<TaskService> {
    const { tasks } = this.#config;
    const app = this.#app;
    if (this.#loading !== null) return this.#loading;
    const loading = loadService().then(({ TaskService }) => {
      // Checked by those who call this.
      if (tasks === null || !hasTasks(app)) throw this.#withoutTasks();
      const { log, writer, send, jobOf } = this.#options;
      return this.#service = new TaskService({
        ...{ system: this.#system, config: this.#config, tasks, app, log, writer, send, jobOf },
      });
    });
    // The next task tries it again.
    loading.catch(() => this.#loading = null);
    return this.#loading = loading;
  }
}

function hasTasks(app: AppTasks | null | undefined): app is AppTasks {
  return app !== null && app !== undefined;
}
