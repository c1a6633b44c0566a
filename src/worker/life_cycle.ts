/**
 * What the app does besides requests: `startup` before its worker listens, work that outlives an answer (`waitUntil`), and
 * its clean-up after the last request: listeners for SIGTERM, `shutdown`, and the events of an exit.
 */

import { stackText } from "../app/app_stack.ts";
import type { AppContext, AppHooks } from "../app/load/app_hooks.ts";
import { shownPath } from "../app/paths.ts";
import { DenicornError } from "../core/errors.ts";
import { titleOf } from "../core/thrown.ts";
import { withTimeout } from "../system/clock.ts";
import type { Clock, ExecutionContext, Processes } from "../system/system.ts";
import type { WorkerLog } from "./worker_log.ts";

/** Where the app was loaded from. */
interface AppPlace {
  readonly bundle: string;
  readonly source: string;
  /** Messages name files relative to it. */
  readonly workingDirectory: string;
}

/** Milliseconds for the clean-up if the requests have used up graceful-timeout: the master kills the worker soon after. */
const shortestEnd = 500;

/** Where the module `denicorn` of the app finds its worker. */
const place = Symbol.for("denicorn.worker");

export class LifeCycle {
  readonly #clock: Clock;
  readonly #processes: Pick<Processes, "callStopListeners">;
  readonly #log: WorkerLog;
  readonly #context: AppContext;
  readonly #work = new Set<Promise<void>>();
  /** The same as `waitUntil` of the module `denicorn`, for Hono's `c.executionCtx`. */
  readonly execution: ExecutionContext = {
    waitUntil: (promise) => this.waitUntil(promise),
    passThroughOnException: () => {},
    props: {},
  };
  #hooks: AppHooks = {};

  constructor(
    { clock, processes }: { readonly clock: Clock; readonly processes: Pick<Processes, "callStopListeners"> },
    log: WorkerLog,
    { slot, generation }: Pick<AppContext, "slot" | "generation">,
  ) {
    this.#clock = clock;
    this.#processes = processes;
    this.#log = log;
    const line = (level: keyof AppContext["log"]) => (text: string) =>
      void log.write((logger) => logger[level]`${String(text)}`);
    this.#context = {
      slot,
      generation,
      log: { debug: line("debug"), info: line("info"), warning: line("warning"), error: line("error") },
    };
  }

  /** Lets the app import the module `denicorn`. */
  offer(): void {
    const value = {
      context: () => this.#context,
      waitUntil: (promise: unknown) => this.waitUntil(promise),
    };
    Object.defineProperty(globalThis, place, { value, configurable: true });
  }

  /** The worker does not end before `promise` has settled, unless graceful-timeout is over. */
  waitUntil(promise: unknown): void {
    const work: Promise<void> = Promise.resolve(promise).then(
      () => {},
      (error) => this.#failed("a promise of waitUntil() was rejected", error),
    ).then(() => void this.#work.delete(work));
    this.#work.add(work);
  }

  /** Throws DenicornError `app-startup`. */
  async start(hooks: AppHooks, { bundle, source, workingDirectory }: AppPlace): Promise<void> {
    this.#hooks = hooks;
    try {
      await hooks.startup?.(this.#context);
    } catch (error) {
      const path = shownPath(workingDirectory, source);
      const text = `cannot boot a worker: startup() of ${path} threw ${titleOf(error).split("\n", 1)[0]}`;
      throw new DenicornError("app-startup", text, { detail: stackText(error, bundle), cause: error });
    }
  }

  /** After the last request. Resolves when everything is done, or after `left` milliseconds. */
  async end(left: number): Promise<void> {
    let doing: string | null = null;
    const all = async () => {
      doing = "a listener for SIGTERM";
      await this.#processes.callStopListeners((error) => this.#failed(`${doing} threw`, error));
      doing = "shutdown()";
      try {
        await this.#hooks.shutdown?.(this.#context);
      } catch (error) {
        await this.#failed("shutdown() threw", error);
      }
      doing = null;
      while (this.#work.size > 0) await Promise.all(this.#work);
    };
    await withTimeout(this.#clock, Math.max(left, shortestEnd), all());
    const waiting = this.#work.size;
    const cut = [
      ...doing === null ? [] : [doing],
      ...waiting === 0 ? [] : [`${waiting} promise${waiting === 1 ? "" : "s"} of waitUntil()`],
    ];
    if (cut.length === 0) return;
    await this.#log.write((logger) =>
      logger.warning`not finished at the end of graceful-timeout: ${cut.join(", ")}`
    );
  }

  #failed(what: string, error: unknown): Promise<void> {
    return this.#log.appError(what, error);
  }
}
