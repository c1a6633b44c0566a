/**
 * Commands that take a while, each with a promise of its end. They have their turn one after another; signals do
 * not queue, and what they change is noticed: a reload goes on in the newer one, a change of the target
 * supersedes the one waited for. The loop never waits for any of this: what it tells settles the promises.
 */

import { type Operation, Refusal } from "../../control/commands.ts";
import { isTarget, scaleAccepts, type ScaleAmount } from "../../control/scale_amount.ts";
import { DenicornError } from "../../core/errors.ts";
import type { LifecycleEvent, LifecycleFault } from "../../core/telemetry/lifecycle.ts";
import type { EventLog } from "../telemetry/event_log.ts";
import type { MasterEvent } from "../workers/events.ts";
import type { MasterCommands } from "./master_commands.ts";

type Name = "reload" | "scale" | "upgrade";

/** What operations need of the arbiter. */
export interface Operable extends MasterCommands {
  readonly eventLog: EventLog;
  /** The number of workers nearest to `target` that an operator may ask for. */
  allowed(target: number): number;
  /** What keeps a command from beginning now, if anything. */
  objectionTo(command: Name): string | null;
  /** What an upgrade that was asked for waits for, if anything. */
  readonly upgradeObstacle: string | null;
  post(event: MasterEvent): void;
}

interface Queued extends Operation {
  readonly name: Name;
  readonly begin: () => void;
  readonly finish: (text: string) => void;
  readonly fail: (error: Error) => void;
  isWaiting: boolean;
}

export class OperationQueue {
  readonly #master: Operable;
  /** The first one has its turn. */
  #queue: Queued[] = [];
  /** The target that is waited for. */
  #target = 0;

  constructor(master: Operable) {
    this.#master = master;
    master.eventLog.follow((event) => this.#handleEvent(event));
    master.eventLog.onIdle(() => this.#finishWhenIdle());
  }

  reload(): Operation {
    const last = this.#queue.at(-1);
    // It has read nothing yet: it will see all that this one would.
    if (last?.name === "reload" && last.isWaiting) return last;
    return this.#ask("reload", () => this.#master.reload());
  }

  scale(amount: ScaleAmount): Operation {
    return this.#ask("scale", () => {
      const { target } = this.#master;
      this.#target = "to" in amount ? amount.to : target + amount.by;
      if (!isTarget(this.#target)) {
        throw new Refusal(
          "malformed",
          `cannot scale from ${target} to ${this.#target} workers: give ${scaleAccepts}`,
        );
      }
      const allowed = this.#master.allowed(this.#target);
      if (allowed !== this.#target) {
        throw new Refusal(
          "conflict",
          `cannot scale from ${target} to ${this.#target} workers: ` +
            `${allowed} is the ${allowed < this.#target ? "most, by max-workers" : "least, by min-workers"}`,
        );
      }
      this.#master.scale(this.#target);
    });
  }

  upgrade(): Operation {
    return this.#ask("upgrade", () => this.#master.upgrade());
  }

  #ask(name: Name, begin: () => void): Operation {
    const { promise: finished, resolve: finish, reject: fail } = Promise.withResolvers<string>();
    // Perhaps nobody waits for it.
    finished.catch(() => {});
    const master = this.#master;
    const operation = {
      ...{ name, begin, finish, fail, finished, isWaiting: true },
      get obstacle() {
        return name === "upgrade" ? master.upgradeObstacle : null;
      },
    };
    this.#queue.push(operation);
    if (this.#queue.length === 1) this.#giveTurn();
    return operation;
  }

  #giveTurn(): void {
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
      this.#end((failed) => failed.fail(error instanceof Error ? error : new Error(String(error))));
    }
  }

  /** Ends the operation that has its turn. */
  #end(reconcile: (operation: Queued) => void): void {
    const operation = this.#queue.shift();
    if (operation !== undefined) reconcile(operation);
    if (this.#queue.length > 0) this.#giveTurn();
  }

  get #current(): Name | null {
    const [first] = this.#queue;
    return first === undefined || first.isWaiting ? null : first.name;
  }

  /** All is as it shall be. */
  #finishWhenIdle(): void {
    const { target } = this.#master;
    const name = this.#current;
    if (name === null || name === "upgrade") return;
    this.#end(({ finish }) => finish(`${target} ${target === 1 ? "worker is" : "workers are"} ready`));
  }

  #handleEvent({ kind, text, error }: LifecycleEvent): void {
    switch (kind) {
      case "stopping":
        return this.#abandon("the server is stopping");
      case "upgraded":
        if (this.#current === "upgrade") this.#end(({ finish }) => finish(text));
        return this.#abandon("a new master serves: ask again");
      case "reload-failed":
        return this.#failIf("reload", error);
      case "upgrade-failed":
        return this.#failIf("upgrade", error);
      case "worker-died":
      case "spawn-failed":
        return this.#failIf("scale", error);
      case "scaled":
        return this.#noticeTarget();
    }
  }

  /** It may have been the operation itself that changed it. */
  #noticeTarget(): void {
    const { target } = this.#master;
    if (this.#current !== "scale" || target === this.#target) return;
    const wanted = this.#target;
    this.#end(({ fail }) =>
      fail(new Refusal("conflict", `scaling to ${wanted} was superseded: ${target} workers are wanted now`))
    );
  }

  #failIf(name: Name, fault: LifecycleFault | undefined): void {
    if (fault === undefined || this.#current !== name) return;
    const { code, message, detail } = fault;
    this.#end(({ fail }) => fail(new DenicornError(code, message, { detail })));
  }

  #abandon(reason: string): void {
    const abandoned = this.#queue;
    this.#queue = [];
    for (const { name, fail } of abandoned) {
      fail(new Refusal("conflict", `cannot ${name}: ${reason}`));
    }
  }
}
