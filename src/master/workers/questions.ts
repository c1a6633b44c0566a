/** What the master has asked its workers and they have not answered yet. */

import { Refusal } from "../../control/master_commands.ts";
import type { Clock } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";

interface Asked<Answer> {
  readonly worker: WorkerHandle;
  readonly cannot: string;
  readonly answer: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
  readonly cancel: () => void;
}

export class Questions<Answer> {
  readonly #clock: Pick<Clock, "after">;
  /** Milliseconds that an answer may take. */
  readonly #patience: number;
  readonly #asked = new Map<number, Asked<Answer>>();
  #last = 0;

  constructor(clock: Pick<Clock, "after">, patience: number) {
    this.#clock = clock;
    this.#patience = patience;
  }

  /**
   * Calls `send` with the number of the question, and resolves with the answer. `cannot` begins the text of the Refusal if
   * there is none: "cannot reach the tasks".
   */
  ask(worker: WorkerHandle, cannot: string, send: (number: number) => void): Promise<Answer> {
    const number = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const cancel = this.#clock.after(
      this.#patience,
      () => this.#fail(number, `did not answer within ${this.#patience / 1000} s: try again`),
    );
    this.#asked.set(number, { worker, cannot, answer: resolve, fail: reject, cancel });
    send(number);
    return promise;
  }

  answered(worker: WorkerHandle, number: number, answer: Answer): void {
    // The app runs in that process, too: it must not answer for others.
    if (this.#asked.get(number)?.worker === worker) this.#end(number)?.answer(answer);
  }

  refused(worker: WorkerHandle, number: number, reason: string): void {
    if (this.#asked.get(number)?.worker === worker) this.#end(number)?.fail(new Refusal("conflict", reason));
  }

  /** What it was asked, it does not answer any more. */
  gone(worker: WorkerHandle): void {
    for (const [number, asked] of this.#asked) {
      if (asked.worker === worker) this.#fail(number, "ended before it answered: try again");
    }
  }

  #fail(number: number, what: string): void {
    const asked = this.#end(number);
    if (asked === undefined) return;
    const { cannot, worker: { process: { pid } } } = asked;
    asked.fail(new Refusal("conflict", `${cannot}: worker process ${pid} ${what}`));
  }

  #end(number: number): Asked<Answer> | undefined {
    const asked = this.#asked.get(number);
    this.#asked.delete(number);
    asked?.cancel();
    return asked;
  }
}
