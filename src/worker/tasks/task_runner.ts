/** Runs the tasks that a consumer has taken: calls their functions, ends them at their timeouts, and counts. */

import { type TaskDefinition, unknownTask } from "../../app/load/app_tasks.ts";
import { OldestFirst, type Place } from "../../core/tasks/oldest_first.ts";
import { taskMethod } from "../../core/telemetry/running_request.ts";
import type { SlotWriter } from "../../core/telemetry/scoreboard.ts";
import { foreignTitleOf, messageOf, titleOf } from "../../core/thrown.ts";
import { clip } from "../../protocol/framing.ts";
import type { Clock } from "../../system/system.ts";
import { encodePayload } from "../../tasks/payload.ts";
import { type TakenTask, TaskFailure, TaskPutOff } from "../../tasks/task_store.ts";
import { sizeOf } from "./new_task.ts";
import type { TaskLog } from "./task_log.ts";
import { checked, payloadOf } from "./task_payload.ts";
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
  /** Among those that run. */
  place: Place<Running> | null;
  /** How it ends counts no more: it has ended, or was abandoned. */
  isOver: boolean;
  cancelTimeout: (() => void) | null;
}

/** The attempt has ended because of its signal, and not by itself. */
class Aborted extends Error {}

export class TaskRunner {
  readonly #options: RunnerOptions;
  readonly #running = new OldestFirst<Running>();
  readonly #unknown = new UnknownTasks();
  #begun = 0;
  #oldest: Running | null = null;

  constructor(options: RunnerOptions) {
    this.#options = options;
  }

  get running(): readonly TakenTask[] {
    return this.#running.all().map(({ task }) => task);
  }

  get count(): number {
    return this.#running.size;
  }

  /**
   * Resolves with the result as text. Rejects with `TaskFailure`; neither happens to a task that was abandoned. Callbacks and
   * no async functions: each of these costs a promise or two for each task.
   */
  run(task: TakenTask): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const running = this.#begin(task);
      const fail = (error: unknown) => {
        if (!running.isOver) reject(this.#failed(running, error));
      };
      const done = (result: unknown) => {
        if (running.isOver) return;
        let text;
        try {
          text = this.#encoded(result);
        } catch (error) {
          return fail(error);
        }
        this.#done(running);
        resolve(text);
      };
      try {
        const outcome = this.#attempt(running, fail);
        if (outcome instanceof Promise) outcome.then(done, fail);
        // It may be something else that has a then().
        else if (typeof outcome === "object" && outcome !== null) Promise.resolve(outcome).then(done, fail);
        else done(outcome);
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Ends the signals of all that run. How they end counts no more: they are given back. */
  abandon(reason: unknown): void {
    const all = this.#running.clear();
    for (const running of all) {
      running.isOver = true;
      running.cancelTimeout?.();
    }
    for (const { task } of all) task.abort.abort(reason);
    this.#count();
  }

  #begin(task: TakenTask): Running {
    const { clock, log, tallies } = this.#options;
    const running: Running = {
      ...{ task, since: clock.monotonic(), isOver: false },
      place: null,
      cancelTimeout: null,
    };
    this.#begun++;
    running.place = this.#running.add(running);
    tallies.started(task.name);
    log.started(task);
    this.#count();
    return running;
  }

  #done(running: Running): void {
    const { clock, log, tallies } = this.#options;
    const { task, since } = running;
    const took = clock.monotonic() - since;
    tallies.ended(task.name, "done", took);
    log.done(task, took);
    this.#end(running);
  }

  /** What the store gets of it. */
  #failed(running: Running, error: unknown): TaskFailure | TaskPutOff {
    const { clock, log, tallies } = this.#options;
    const { task, since } = running;
    try {
      if (error instanceof Aborted) {
        log.aborted(task, error.cause);
        return new TaskFailure(titleOf(error.cause), true);
      }
      if (error instanceof TaskPutOff) return error;
      const { title, detail, failure } = this.#failureOf(error);
      const isDead = failure.isFinal || task.attempt >= task.attempts;
      tallies.ended(task.name, isDead ? "dead" : "retried", clock.monotonic() - since);
      log.failed(task, title, detail, isDead);
      return failure;
    } finally {
      this.#end(running);
    }
  }

  #end(running: Running): void {
    running.isOver = true;
    running.cancelTimeout?.();
    if (running.place !== null) this.#running.remove(running.place);
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
    const oldest = this.#running.first;
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

  /** What its function returns. `fail` is called when its signal or its timeout ends it, even if its function does not. */
  #attempt(running: Running, fail: (error: unknown) => void): unknown {
    const { task } = running;
    const { abort, timeout } = task;
    if (abort.signal.aborted) throw new Aborted("", { cause: abort.signal.reason });
    abort.onAbort = (reason) => fail(new Aborted("", { cause: reason }));
    if (timeout !== 0) {
      running.cancelTimeout = this.#options.clock.after(timeout, () => {
        fail(new TaskFailure(`timed out after ${timeout} ms (timeout)`));
        abort.abort(new DOMException("The task timed out.", "TimeoutError"));
      });
    }
    return this.#call(task);
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

/** Throws TypeError for what is no number. */
function report(task: TakenTask, value: unknown): void {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new TypeError(`cannot store the progress of task ${task.id}: ${typeof value}: give it a number`);
  }
  task.progress(value);
}
