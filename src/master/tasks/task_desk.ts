/** Passes what operators ask about tasks to a worker, which asks the store: the master opens no store itself. */

import { Refusal, type TaskAccess } from "../../control/master_commands.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import type { TaskRequest } from "../../protocol/task_messages.ts";
import type { Clock } from "../../system/system.ts";
import { Questions } from "../workers/questions.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

/** Milliseconds that a worker may take: longer than a store that is away keeps it waiting. */
const patience = 15_000;

export class TaskDesk implements TaskAccess {
  readonly #candidates: () => readonly WorkerHandle[];
  readonly #questions: Questions<string>;

  /** `candidates`: the workers that can answer, the best first. */
  constructor(clock: Clock, candidates: () => readonly WorkerHandle[]) {
    this.#questions = new Questions(clock, patience);
    this.#candidates = candidates;
  }

  async ask(request: TaskRequest): Promise<string> {
    const [worker] = this.#candidates();
    if (worker === undefined) {
      throw new Refusal(
        "conflict",
        "cannot reach the tasks: no worker of an app with tasks is ready: wait until one is (`denicorn ctl status`), or export " +
          "tasks from the app",
      );
    }
    return await this.#questions.ask(worker, "cannot reach the tasks", (number) => {
      void worker.send({ type: "task-request", number, request });
    });
  }

  answered(worker: WorkerHandle, message: FromWorker & { readonly type: "task-answer" }): void {
    const { number, answer, failure } = message;
    if (answer !== undefined) this.#questions.answered(worker, number, answer);
    else this.#questions.refused(worker, number, failure ?? "the worker could not answer");
  }

  /** What it was asked, it does not answer any more. */
  gone(worker: WorkerHandle): void {
    this.#questions.gone(worker);
  }
}
