/**
 * The module `denicorn` as a package, for projects whose import map says so. Others need none: bundles have their own, see
 * `src/app/bundle/own_module.ts`, and `denicorn types` writes its types.
 */

import type { AppContext, RequestContext } from "./app_hooks.ts";
import type { TaskContext } from "./app_tasks.ts";
import type { RunOptions } from "./task_options.ts";

export { type ConfigFile, type ConfigHooks, defineConfig } from "../../settings/define_config.ts";
export type { AppContext, RequestContext, TaskContext };

/** What `enqueue` accepts besides the payload. Durations in milliseconds. */
export interface EnqueueOptions extends Partial<RunOptions> {
  /** The task waits so long. */
  readonly delay?: number;
  /** The task waits until then: a Date, or milliseconds since 1970. */
  readonly at?: Date | number;
  /** A task with the key of one that is known already is not added: the id is that of the known one. */
  readonly key?: string;
  /** How long `enqueue` waits for a store that does not answer. */
  readonly patience?: number;
}

/** What `channel` returns. */
export interface Channel extends EventTarget {
  readonly name: string;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onmessageerror: ((event: MessageEvent) => unknown) | null;
  /** Sends a structured clone of `value` to the others. */
  post(value: unknown): void;
  /** From now on it gets no messages. */
  close(): void;
}

/** What a worker puts where the module finds it. */
interface Worker {
  context(): AppContext;
  context(request: object): RequestContext;
  enqueue(name: string, payload?: unknown, options?: EnqueueOptions): Promise<string>;
  waitUntil(promise: Promise<unknown>): void;
  ready(isReady?: boolean): void;
}

/** The worker that runs the app; with a request of `fetch` or `node:http` also that request. */
export function context(): AppContext;
export function context(request: object): RequestContext;
export function context(request?: object): AppContext | RequestContext {
  return request === undefined ? worker().context() : worker().context(request);
}

/** Adds a task. Resolves with its id when it cannot be lost any more; rejects with an error that says what to do. */
export function enqueue(name: string, payload?: unknown, options?: EnqueueOptions): Promise<string> {
  return worker().enqueue(name, payload, options);
}

/** The worker does not end before `promise` has settled, unless graceful-timeout is over. */
export function waitUntil(promise: Promise<unknown>): void {
  worker().waitUntil(promise);
}

/** With `false` other workers get the new connections, until it is called again. */
export function ready(isReady?: boolean): void {
  worker().ready(isReady);
}

/** Opens a channel to all other workers of the server that have one of this name open. */
export function channel(name: string): Channel {
  const open: unknown = Reflect.get(globalThis, Symbol.for("denicorn.channels"));
  if (typeof open !== "function") throw notInWorker();
  return open(name);
}

function worker(): Worker {
  const found: unknown = Reflect.get(globalThis, Symbol.for("denicorn.worker"));
  if (found === undefined) throw notInWorker();
  return found as Worker;
}

function notInWorker(): Error {
  return new Error(
    'cannot use the module "denicorn": it works in a worker of Denicorn only: start the app with denicorn',
  );
}
