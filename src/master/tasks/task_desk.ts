/** Passes what operators ask about tasks to a worker, which asks the store: the master opens no store itself. */

import { Refusal, type TaskAccess } from "../../control/master_commands.ts";
import type { FromWorker } from "../../protocol/messages.ts";
import type { TaskRequest } from "../../protocol/task_messages.ts";
import type { Clock } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

/** Milliseconds that a worker may take: longer than a store that is away keeps it waiting. */
const patience = 15_000;

interface Asked {
  readonly worker: WorkerHandle;
  readonly answer: (json: string) => void;
  readonly fail: (error: Error) => void;
  readonly cancel: () => void;
}

export class TaskDesk implements TaskAccess {
  readonly #clock: Clock;
  readonly #candidates: () => readonly WorkerHandle[];
  readonly #asked = new Map<number, Asked>();
  #last = 0;

  /** `candidates`: the workers that can answer, the best first. */
  constructor(clock: Clock, candidates: () => readonly WorkerHandle[]) {
    this.#clock = clock;
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
    const number = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const cancel = this.#clock.after(patience, () => {
      this.#end(number)?.fail(
        new Refusal(
          "conflict",
          `cannot reach the tasks: worker process ${worker.process.pid} did not answer within ${
            patience / 1000
          } s: try again`,
        ),
      );
    });
    this.#asked.set(number, { worker, answer: resolve, fail: reject, cancel });
    void worker.send({ type: "task-request", number, request });
    return await promise;
  }

  answered(worker: WorkerHandle, message: FromWorker & { readonly type: "task-answer" }): void {
    const { number, answer, failure } = message;
    // The app runs in that process, too: it must not answer for others.
    if (this.#asked.get(number)?.worker !== worker) return;
    const asked = this.#end(number);
    if (answer !== undefined) asked?.answer(answer);
    else asked?.fail(new Refusal("conflict", failure ?? "the worker could not answer"));
  }

  /** What it was asked, it does not answer any more. */
  gone(worker: WorkerHandle): void {
    for (const [number, asked] of this.#asked) {
      if (asked.worker !== worker) continue;
      const text =
        `cannot reach the tasks: worker process ${worker.process.pid} ended before it answered: try again`;
      this.#end(number)?.fail(new Refusal("conflict", text));
    }
  }

  #end(number: number): Asked | undefined {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    asked?.cancel();
    return asked;
  }
}
