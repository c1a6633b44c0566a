/**
 * What the app does besides requests: `prepare` before its workers, `startup` before its worker listens, work that
 * outlives an answer (`waitUntil`), and its clean-up after the last request: listeners for SIGTERM, `shutdown`, and the
 * events of an exit.
 */

import { stackText } from "../../app/app_stack.ts";
import type { AppContext, AppHooks } from "../../app/load/app_hooks.ts";
import { shownPath } from "../../app/paths.ts";
import { DenicornError } from "../../core/errors.ts";
import { titleOf } from "../../core/thrown.ts";
import { withTimeout } from "../../system/clock.ts";
import type { Clock, ExecutionContext, Processes, System } from "../../system/system.ts";
import { appContext, requestContext } from "./app_context.ts";
import type { WorkerLog } from "../worker_log.ts";

/** Where the app was loaded from. */
interface AppPlace {
  readonly bundle: string;
  readonly source: string;
  /** Messages name files relative to it. */
  readonly workingDirectory: string;
}

/** What `enqueue` of the module `denicorn` does. */
type Enqueue = (name: unknown, payload: unknown, options: unknown) => Promise<string>;

/** Where the module `denicorn` of the app finds its worker. */
const worker = Symbol.for("denicorn.worker");

export class LifeCycle {
  readonly #clock: Clock;
  readonly #processes: Pick<Processes, "callStopListeners">;
  readonly #log: WorkerLog;
  readonly #context: AppContext;
  readonly #draining = new AbortController();
  readonly #onReady: (isReady: boolean) => void;
  readonly #enqueue: Enqueue;
  readonly #work = new Set<Promise<void>>();
  #isReady = true;
  /** The running jobs of Deno.cron, by their names. */
  readonly #jobs = new Map<Promise<void>, string>();
  /** The same as `waitUntil` of the module `denicorn`, for Hono's `c.executionCtx`. */
  readonly execution: ExecutionContext = {
    waitUntil: (promise) => this.waitUntil(promise),
    passThroughOnException: () => {},
    props: {},
  };
  #hooks: AppHooks = {};

  constructor(
    { clock, processes }: Pick<System, "clock"> & {
      readonly processes: Pick<Processes, "callStopListeners">;
    },
    log: WorkerLog,
    place: Pick<AppContext, "slot" | "generation" | "role" | "settings">,
    enqueue: Enqueue,
    onReady: (isReady: boolean) => void = () => {},
  ) {
    this.#clock = clock;
    this.#processes = processes;
    this.#log = log;
    this.#enqueue = enqueue;
    this.#onReady = onReady;
    this.#context = appContext(log, { ...place, draining: this.#draining.signal });
  }

  /** Lets the app import the module `denicorn`. */
  offer(): void {
    const value = {
      context: (request?: unknown) =>
        request === undefined ? this.#context : requestContext(this.#log, this.#context, request),
      ready: (isReady: unknown = true) => this.#setReady(Boolean(isReady)),
      waitUntil: (promise: unknown) => this.waitUntil(promise),
      enqueue: (name: unknown, payload?: unknown, options?: unknown) => this.#enqueue(name, payload, options),
    };
    Object.defineProperty(globalThis, worker, { value, configurable: true });
  }

  /** The worker begins to finish its requests. */
  drain(): void {
    this.#draining.abort(new DOMException("The worker is draining.", "AbortError"));
  }

  /** The worker does not end before `promise` has settled, unless graceful-timeout is over. */
  waitUntil(promise: unknown): void {
    const work: Promise<void> = Promise.resolve(promise).then(
      () => {},
      (error) => this.#failed("a promise of waitUntil() was rejected", error),
    ).then(() => void this.#work.delete(work));
    this.#work.add(work);
  }

  /** As `waitUntil`, for a job of `Deno.cron`, whose errors the runtime logs. */
  runs(job: string, running: Promise<unknown>): void {
    const done = () => void this.#jobs.delete(work);
    const work: Promise<void> = running.then(done, done);
    this.#jobs.set(work, job);
  }

  #setReady(isReady: boolean): void {
    if (isReady === this.#isReady) return;
    this.#isReady = isReady;
    this.#onReady(isReady);
  }

  /** In a process of its own. Throws DenicornError `app-prepare`. */
  async prepare({ prepare }: AppHooks, place: AppPlace): Promise<void> {
    try {
      await prepare?.(this.#context);
    } catch (error) {
      throw prepareFailure(error, place);
    }
    await this.#untilWorkIsDone();
  }

  /** `deadline`: of the boot, on the monotonic clock. Throws DenicornError `app-startup`. */
  async start(hooks: AppHooks, place: AppPlace, deadline: number): Promise<void> {
    this.#hooks = hooks;
    if (hooks.startup === undefined) return;
    let failed: { readonly error: unknown } | null = null;
    let isDone = false;
    const call = Promise.try(hooks.startup, this.#context)
      .then(() => isDone = true, (error) => failed = { error });
    await withTimeout(this.#clock, Math.max(0, deadline - this.#clock.monotonic()), call);
    if (failed !== null) throw startupFailure(failed, place);
    if (isDone) return;
    const path = shownPath(place.workingDirectory, place.source);
    throw new DenicornError(
      "app-startup",
      `cannot boot a worker: startup() of ${path} was not done until boot-timeout was over: look for a promise that never ` +
        "settles, or raise --boot-timeout",
    );
  }

  /**
   * After the last request. Resolves when everything is done, or after `limit` milliseconds. `last` is what a hook of the
   * config file does then, `null` if there is none.
   */
  async end(limit: number, last: (() => Promise<void>) | null = null): Promise<void> {
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
      await this.#untilWorkIsDone();
      if (last === null) return;
      doing = "the hook workerExit";
      await last();
      doing = null;
    };
    await withTimeout(this.#clock, limit, all());
    const waiting = this.#work.size;
    const cut = [
      ...doing === null ? [] : [doing],
      ...waiting === 0 ? [] : [`${waiting} promise${waiting === 1 ? "" : "s"} of waitUntil()`],
      ...Array.from(this.#jobs.values(), (name) => `the job ${name} of Deno.cron`),
    ];
    if (cut.length === 0) return;
    await this.#log.write((logger) =>
      logger.warning`not finished in time (graceful-timeout, shutdown-timeout): ${cut.join(", ")}`
    );
  }

  async #untilWorkIsDone(): Promise<void> {
    while (this.#work.size + this.#jobs.size > 0) await Promise.all([...this.#work, ...this.#jobs.keys()]);
  }

  #failed(what: string, error: unknown): Promise<void> {
    return this.#log.appError(what, error);
  }
}

/** What `prepare` threw, or nothing caught while it ran. */
export function prepareFailure(error: unknown, place: AppPlace): DenicornError {
  return hookFailure("app-prepare", "cannot prepare the app: prepare()", error, place);
}

function startupFailure({ error }: { readonly error: unknown }, place: AppPlace): DenicornError {
  return hookFailure("app-startup", "cannot boot a worker: startup()", error, place);
}

function hookFailure(
  code: "app-prepare" | "app-startup",
  what: string,
  error: unknown,
  { bundle, source, workingDirectory }: AppPlace,
): DenicornError {
  const path = shownPath(workingDirectory, source);
  const text = `${what} of ${path} threw ${titleOf(error).split("\n", 1)[0]}`;
  return new DenicornError(code, text, { detail: stackText(error, bundle), cause: error });
}
