/** Runs the tasks that a consumer has taken: calls their functions, ends them at their timeouts, and counts. */

import { type TaskDefinition, unknownTask } from "../../app/load/app_tasks.ts";
import { type PayloadSchema, validate } from "../../app/load/payload_schema.ts";
import { taskMethod } from "../../core/telemetry/running_request.ts";
import type { SlotWriter } from "../../core/telemetry/scoreboard.ts";
import { foreignTitleOf, messageOf, titleOf } from "../../core/thrown.ts";
import { clip } from "../../protocol/framing.ts";
import type { Clock } from "../../system/system.ts";
import { decodePayload, encodePayload } from "../../tasks/payload.ts";
import { type TakenTask, TaskFailure, TaskPutOff } from "../../tasks/task_store.ts";
import { sizeOf } from "./new_task.ts";
import type { TaskLog } from "./task_log.ts";
import type { TaskTallies } from "./task_tallies.ts";
import { UnknownTasks } from "./unknown_tasks.ts";

interface RunnerOptions {
  readonly clock: Clock;
  readonly definitionOf: (name: string) => TaskDefinition | undefined;
  /** Of all tasks. */
  readonly names: readonly string[];
  /** In bytes, of a result. */
  readonly sizeLimit: number;
  readonly writer: SlotWriter;
  /** Whether the worker only runs tasks: then they are what it counts in its slot. */
  readonly isCounting: boolean;
  readonly log: TaskLog;
  readonly tallies: TaskTallies;
  /** The lines of the app in the stack of what it threw. */
  readonly stackOf: (error: unknown) => string;
  /** A task has begun, or ended. */
  readonly onChange: () => void;
}

interface Running {
  readonly task: TakenTask;
  /** On the monotonic clock. */
  readonly since: number;
}

/** The attempt has ended because of its signal, and not by itself. */
class Aborted extends Error {}

export class TaskRunner {
  readonly #options: RunnerOptions;
  /** The oldest first. */
  readonly #running = new Map<TakenTask, Running>();
  readonly #abandoned = new WeakSet<TakenTask>();
  readonly #unknown = new UnknownTasks();
  #begun = 0;
  #oldest: Running | null = null;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  get running(): readonly TakenTask[] {
    return Array.from(this.#running.values(), ({ task }) => task);
  }

  get count(): number {
    return this.#running.size;
  }

  /** Resolves with the result as text. Rejects with `TaskFailure`; neither happens to a task that was abandoned. */
  async run(task: TakenTask): Promise<string | null> {
    const { clock, log, tallies } = this.#options;
    const { name } = task;
    const started = clock.monotonic();
    this.#begin({ task, since: started });
    const tookUntilNow = () => clock.monotonic() - started;
    try {
      const result = this.#encoded(await this.#attempt(task));
      if (this.#abandoned.has(task)) return await never();
      const took = tookUntilNow();
      tallies.ended(name, "done", took);
      log.done(task, took);
      return result;
    } catch (error) {
      if (this.#abandoned.has(task)) return await never();
      if (error instanceof Aborted) {
        log.aborted(task, error.cause);
        throw new TaskFailure(titleOf(error.cause), true);
      }
      if (error instanceof TaskPutOff) throw error;
      const { title, detail, failure } = this.#failureOf(error);
      const isDead = failure.isFinal || task.attempt >= task.attempts;
      tallies.ended(name, isDead ? "dead" : "retried", tookUntilNow());
      log.failed(task, title, detail, isDead);
      throw failure;
    } finally {
      this.#end(task);
    }
  }

  /** Ends the signals of all that run. How they end counts no more: they are given back. */
  abandon(reason: unknown): void {
    for (const task of this.#running.keys()) {
      this.#abandoned.add(task);
      task.abort.abort(reason);
    }
    this.#running.clear();
    this.#count();
  }

  #begin(running: Running): void {
    const { log, tallies } = this.#options;
    const { task } = running;
    this.#begun++;
    this.#running.set(task, running);
    tallies.started(task.name);
    log.started(task);
    this.#count();
  }

  #end(task: TakenTask): void {
    if (!this.#running.delete(task)) return;
    this.#count();
  }

  #count(): void {
    const { writer, isCounting, onChange } = this.#options;
    if (isCounting) {
      writer.requests = this.#begun;
      writer.inFlight = this.#running.size;
      this.#recordOldest();
    }
    onChange();
  }

  #recordOldest(): void {
    const [oldest = null] = this.#running.values();
    if (oldest === this.#oldest) return;
    this.#oldest = oldest;
    const { writer } = this.#options;
    if (oldest === null) writer.clearLongest();
    else writer.setLongest(taskMethod, oldest.task.name, oldest.since);
  }

  /** Throws TaskPutOff for a name that is unknown: a worker of another generation may know it. */
  #definitionOf(task: TakenTask): TaskDefinition {
    const { definitionOf, names, log } = this.#options;
    const { id, name } = task;
    const definition = definitionOf(name);
    if (definition !== undefined) return definition;
    const problem = `cannot run ${name}: ${unknownTask(name, names)}`;
    const delay = this.#unknown.putOff(id);
    if (delay === null) throw new TaskFailure(problem);
    if (delay.isFirst) log.putOff(task, problem);
    throw new TaskPutOff(problem, delay.pause);
  }

  /** Settles at the latest when the signal of the task or its timeout ends it, even if its function does not. */
  #attempt(task: TakenTask): Promise<unknown> {
    const { abort: { signal }, timeout } = task;
    return new Promise((resolve, reject) => {
      const stop = () => reject(new Aborted("", { cause: signal.reason }));
      if (signal.aborted) return stop();
      signal.addEventListener("abort", stop);
      const outcome = timeout === 0 ? this.#call(task) : this.#callInTime(task, reject);
      if (outcome instanceof Promise) outcome.then(resolve, reject);
      else resolve(outcome);
    });
  }

  async #callInTime(task: TakenTask, reject: (failure: TaskFailure) => void): Promise<unknown> {
    const { abort, timeout } = task;
    const cancel = this.#options.clock.after(timeout, () => {
      reject(new TaskFailure(`timed out after ${timeout} ms (timeout)`));
      abort.abort(new DOMException("The task timed out.", "TimeoutError"));
    });
    try {
      return await this.#call(task);
    } finally {
      cancel();
    }
  }

  /** Not async, for tasks without a schema: it is a promise less for each. */
  #call(task: TakenTask): unknown {
    const definition = this.#definitionOf(task);
    const payload = payloadOf(task);
    return definition.schema === null
      ? this.#enter(definition, task, payload)
      : checked(payload, definition.schema).then((payload) => this.#enter(definition, task, payload));
  }

  /** The master reads which task blocks the event loop. */
  #enter(definition: TaskDefinition, task: TakenTask, payload: unknown): unknown {
    const { writer, clock, log } = this.#options;
    const { id, name, attempt, abort: { signal } } = task;
    const context = Object.freeze({
      ...{ id, name, attempt, signal },
      log: log.linesOf(task),
      progress: (value: unknown) => report(task, value),
    });
    writer.enter(taskMethod, name, clock.monotonic());
    try {
      return definition.run(payload, context);
    } finally {
      writer.leave();
    }
  }

  #encoded(result: unknown): string | null {
    if (result === undefined) return null;
    let text;
    try {
      text = encodePayload(result);
    } catch (error) {
      throw new TaskFailure(
        `its result cannot be copied (${messageOf(error)}): return what JSON or structuredClone() can hold`,
        true,
      );
    }
    const { sizeLimit } = this.#options;
    const size = sizeOf(text);
    if (size <= sizeLimit) return text;
    throw new TaskFailure(
      `its result has ${size} bytes, and task-size-limit is ${sizeLimit}: store it elsewhere and return its place, or ` +
        "raise --task-size-limit",
      true,
    );
  }

  #failureOf(
    error: unknown,
  ): { readonly title: string; readonly detail: string | undefined; readonly failure: TaskFailure } {
    if (error instanceof TaskFailure) return { title: error.message, detail: undefined, failure: error };
    const foreign = foreignTitleOf(error);
    if (foreign !== null) {
      const title = clip(foreign);
      return { title, detail: undefined, failure: new TaskFailure(title) };
    }
    const detail = this.#options.stackOf(error);
    const title = titleOf(error).split("\n", 1)[0] ?? "";
    return { title, detail: detail === title ? undefined : detail, failure: new TaskFailure(detail) };
  }
}

/** What the store gets of a task that it gives back to others. */
function never(): Promise<never> {
  return new Promise(() => {});
}

/** Throws a final `TaskFailure`. */
function payloadOf({ payload }: TakenTask): unknown {
  try {
    return decodePayload(payload);
  } catch (error) {
    throw new TaskFailure(`its payload cannot be read (${messageOf(error)}): add the task again`, true);
  }
}

/** As the schema makes it. Rejects with a final `TaskFailure`. */
async function checked(payload: unknown, schema: PayloadSchema): Promise<unknown> {
  const result = await validate(schema, payload);
  if ("mistakes" in result) {
    throw new TaskFailure(
      `its payload does not fit its schema (${result.mistakes}): add the task with another payload`,
      true,
    );
  }
  return result.value;
}

/** Throws TypeError for what is no number. */
function report(task: TakenTask, value: unknown): void {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new TypeError(`cannot store the progress of task ${task.id}: ${typeof value}: give it a number`);
  }
  task.progress(value);
}
