/**
 * Runs the commands that take a while one at a time, each with a promise of its outcome. Signals do not queue, but
 * the queue sees what they change: a running reload ends with the newer one, and a running scale fails when the
 * target changes. The master's loop never waits for any of this: its events resolve the promises.
 */

import {
  type MasterCommands,
  type Operation,
  type Operations,
  Refusal,
} from "../../control/master_commands.ts";
import { isTarget, scaleAccepts, type ScaleAmount } from "../../control/scale_amount.ts";
import { DenicornError } from "../../core/errors.ts";
import type { QueuedCommand } from "../../core/operator_commands.ts";
import type { LifecycleEvent, LifecycleFault } from "../../core/telemetry/lifecycle.ts";

interface Queued extends Operation {
  readonly name: QueuedCommand;
  readonly begin: () => void;
  readonly finish: (text: string) => void;
  readonly fail: (error: Error) => void;
  isWaiting: boolean;
}

export class OperationQueue implements Operations {
  readonly #master: MasterCommands;
  /** The first one runs, or is about to. */
  #queue: Queued[] = [];
  /** The target of the scale that runs. */
  #target = 0;

  constructor(master: MasterCommands) {
    this.#master = master;
    master.eventLog.follow((event) => this.#handleEvent(event));
    master.eventLog.onIdle(() => this.#finishWhenIdle());
  }

  run(name: Exclude<QueuedCommand, "scale">): Operation {
    const last = this.#queue.at(-1);
    // A reload that has not begun has read nothing yet: it will see all that this one would.
    if (name === "reload" && last?.name === name && last.isWaiting) return last;
    return this.#enqueue(name, () => this.#master[name]());
  }

  scale(amount: ScaleAmount): Operation {
    return this.#enqueue("scale", () => {
      const { target, workersPerProcess } = this.#master;
      this.#target = "to" in amount ? amount.to * workersPerProcess : target + amount.by * workersPerProcess;
      // As operators count.
      const shown = (workers: number) => Math.ceil(workers / workersPerProcess);
      const what = workersPerProcess === 1 ? "workers" : "processes";
      const failure = `cannot scale from ${shown(target)} to ${shown(this.#target)} ${what}`;
      if (!isTarget(this.#target)) throw new Refusal("malformed", `${failure}: give ${scaleAccepts}`);
      const allowed = this.#master.allowed(this.#target);
      if (allowed !== this.#target) {
        const bound = allowed < this.#target ? "max-workers allows at most" : "min-workers asks for at least";
        throw new Refusal("conflict", `${failure}: ${bound} ${shown(allowed)}`);
      }
      this.#master.scale(this.#target);
    });
  }

  #enqueue(name: QueuedCommand, begin: () => void): Operation {
    const { promise: finished, resolve: finish, reject: fail } = Promise.withResolvers<string>();
    // Not every caller waits for the outcome.
    finished.catch(() => {});
    const master = this.#master;
    const operation = {
      ...{ name, begin, finish, fail, finished, isWaiting: true },
      get waitsFor() {
        return name === "upgrade" ? master.upgradeWaitsFor : null;
      },
    };
    this.#queue.push(operation);
    if (this.#queue.length === 1) this.#beginFirst();
    return operation;
  }

  #beginFirst(): void {
    this.#master.post({ type: "command", begin: () => this.#begin() });
  }

  #begin(): void {
    const operation = this.#queue[0];
    if (operation === undefined || !operation.isWaiting) return;
    operation.isWaiting = false;
    try {
      const objection = this.#master.objectionTo(operation.name);
      if (objection !== null) throw new Refusal("conflict", `cannot ${operation.name}: ${objection}`);
      operation.begin();
    } catch (error) {
      this.#endFirst((failed) => failed.fail(error instanceof Error ? error : new Error(String(error))));
    }
  }

  #endFirst(conclude: (operation: Queued) => void): void {
    const operation = this.#queue.shift();
    if (operation !== undefined) conclude(operation);
    if (this.#queue.length > 0) this.#beginFirst();
  }

  get #running(): QueuedCommand | null {
    const [first] = this.#queue;
    return first === undefined || first.isWaiting ? null : first.name;
  }

  /** An upgrade ends when the new master serves, not when this one is idle. */
  #finishWhenIdle(): void {
    const { target } = this.#master;
    const name = this.#running;
    if (name === null || name === "upgrade") return;
    this.#endFirst(({ finish }) => finish(`${workers(target)} ${target === 1 ? "is" : "are"} ready`));
  }

  #handleEvent({ kind, text, error }: LifecycleEvent): void {
    switch (kind) {
      case "stopping":
        return this.#abandon("the server is stopping");
      case "upgraded":
        if (this.#running === "upgrade") this.#endFirst(({ finish }) => finish(text));
        return this.#abandon("a new master serves: try again");
      case "reload-failed":
        return this.#failIf("reload", error);
      case "upgrade-failed":
        return this.#failIf("upgrade", error);
      case "worker-died":
      case "spawn-failed":
        return this.#failIf("scale", error);
      case "scaled":
        return this.#checkTarget();
    }
  }

  /** The running scale may have changed the target itself. */
  #checkTarget(): void {
    const { target } = this.#master;
    if (this.#running !== "scale" || target === this.#target) return;
    const message = `scaling to ${workers(this.#target)} was superseded: the target is ${target} now`;
    this.#endFirst(({ fail }) => fail(new Refusal("conflict", message)));
  }

  #failIf(name: QueuedCommand, fault: LifecycleFault | undefined): void {
    if (fault === undefined || this.#running !== name) return;
    const { code, message, detail } = fault;
    this.#endFirst(({ fail }) => fail(new DenicornError(code, message, { detail })));
  }

  #abandon(reason: string): void {
    const abandoned = this.#queue;
    this.#queue = [];
    for (const { name, fail } of abandoned) {
      fail(new Refusal("conflict", `cannot ${name}: ${reason}`));
    }
  }
}

function workers(count: number): string {
  return `${count} ${count === 1 ? "worker" : "workers"}`;
}
