/** The lines of a worker's log about tasks; each names id, name and attempt. */

import type { AppContext } from "../../app/load/app_hooks.ts";
import { titleOf } from "../../core/thrown.ts";
import type { Logger } from "../../log/logger.ts";
import type { TakenTask } from "../../tasks/task_store.ts";
import { appLines } from "../app/app_context.ts";
import type { WorkerLog } from "../worker_log.ts";

type NamedTask = Pick<TakenTask, "id" | "name">;
type Attempt = NamedTask & Pick<TakenTask, "attempt" | "attempts">;

/** At most so many tasks are named in one line. */
const maxNamed = 10;

export class TaskLog {
  readonly #log: WorkerLog;
  readonly #isVerbose: boolean;

  /** `isVerbose`: lines at `debug` are written, of which there are two for each task. */
  constructor(log: WorkerLog, isVerbose: boolean) {
    this.#log = log;
    this.#isVerbose = isVerbose;
  }

  /** For the function of the task. */
  linesOf({ id, name, attempt }: Attempt): AppContext["log"] {
    return appLines(
      this.#log,
      ` (task ${id} ${name}, attempt ${attempt})`,
      properties({ id, name }, attempt),
    );
  }

  started(task: Attempt): void {
    if (!this.#isVerbose) return;
    this.#write(task, (logger) => logger.debug`${begin(task)} begins`);
  }

  done(task: Attempt, ms: number): void {
    if (!this.#isVerbose) return;
    this.#write(task, (logger) => logger.debug`${begin(task)} done in ${Math.round(ms)} ms`);
  }

  /** `title` says why; `detail` has the lines of the app. */
  failed(task: Attempt, title: string, detail: string | undefined, isDead: boolean): void {
    this.#write(task, (logger) => {
      const line = logger.with({ detail });
      if (isDead) line.error`${begin(task)} failed, and it is not tried again: ${title}`;
      else line.warning`${begin(task)} failed, and it is tried again: ${title}`;
    });
  }

  /** `problem`: why this worker cannot run it. */
  putOff({ id, name }: NamedTask, problem: string): void {
    void this.#log.write((logger) =>
      logger.with({ taskId: id, task: name })
        .warning`task ${id} ${name} is put off for workers that know it: ${problem}`
    );
  }

  /** It was cancelled, or is not this worker's any more. */
  aborted(task: Attempt, reason: unknown): void {
    this.#write(task, (logger) => logger.warning`${begin(task)} aborted: ${titleOf(reason)}`);
  }

  died({ id, name }: NamedTask, error: string): void {
    void this.#log.write((logger) =>
      logger.with({ taskId: id, task: name }).error`task ${id} ${name} is not tried again: ${error}`
    );
  }

  /** Resolves when the line is written. */
  gaveBack(tasks: readonly NamedTask[], when: string): Promise<void> {
    const count = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
    return this.#log.write((logger) => logger.warning`gave back ${count} ${when}: ${namesOf(tasks)}`);
  }

  /** Those that run, which were not given back in time: they are taken over when their leases end. Resolves when it is written. */
  notGivenBack(tasks: readonly NamedTask[], when: string, why: string): Promise<void> {
    const count = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
    return this.#log.write((logger) =>
      logger.warning`could not give back ${count} ${when} (${why}), they are taken over later: ${
        namesOf(tasks)
      }`
    );
  }

  cronFailed(error: unknown): void {
    void this.#log.write((logger) => logger.warning`cannot store the cron entries yet: ${titleOf(error)}`);
  }

  #write({ id, name, attempt }: Attempt, log: (logger: Logger) => void): void {
    void this.#log.write((logger) => log(logger.with(properties({ id, name }, attempt))));
  }
}

function begin({ id, name, attempt, attempts }: Attempt): string {
  return `task ${id} ${name}: attempt ${attempt} of ${attempts}`;
}

function properties({ id, name }: NamedTask, attempt: number) {
  return { taskId: id, task: name, attempt };
}

/** `sendMail 42, resize 7`. */
export function namesOf(tasks: readonly NamedTask[]): string {
  const named = tasks.slice(0, maxNamed).map(({ id, name }) => `${name} ${id}`);
  const more = tasks.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
