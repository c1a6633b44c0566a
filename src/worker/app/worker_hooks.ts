/** The hooks of the config file that belong to workers. Loaded only where the config file has some. */

import { ImportedHooks } from "../../app/config/imported_hooks.ts";
import { shownPath } from "../../app/paths.ts";
import { DenicornError } from "../../core/errors.ts";
import type { HookName } from "../../core/hook_table.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import type { HookWorker } from "../../settings/config_hooks.ts";
import { withTimeout } from "../../system/clock.ts";
import type { FetchHandler, System } from "../../system/system.ts";
import { RequestHooks } from "../http/request_hooks.ts";
import type { WorkerLog } from "../worker_log.ts";

interface WorkerHooksOptions {
  readonly config: WorkerConfig;
  readonly log: WorkerLog;
  /** The worker does not end before the promise has settled. */
  readonly waitUntil: (promise: Promise<unknown>) => void;
  /** A hook has refused a request. */
  readonly onRefused: () => void;
}

/** Milliseconds in which the log still has a line about a hook that was late. */
const lateMargin = 300;

export class WorkerHooks {
  readonly #system: System;
  readonly #options: WorkerHooksOptions;
  readonly #worker: HookWorker;
  #imported: ImportedHooks | null = null;
  #hasBegun = false;

  constructor(system: System, options: WorkerHooksOptions) {
    this.#system = system;
    this.#options = options;
    const { slot, role, generation } = options.config;
    this.#worker = { slot, role, generation, pid: system.host.pid };
  }

  /** Throws DenicornError `hook` if the module throws. */
  async import(): Promise<void> {
    const { hooks } = this.#options.config;
    if (hooks === null) return;
    this.#imported = await ImportedHooks.import(this.#system.clock, hooks, this.#system.host.cwd());
  }

  has(name: HookName): boolean {
    return this.#options.config.hooks?.names.includes(name) === true;
  }

  /** The app is loaded. `deadline`: of the boot, on the monotonic clock. Throws DenicornError `hook`. */
  async init(deadline: number): Promise<void> {
    this.#hasBegun = true;
    const { clock, host } = this.#system;
    let result: { readonly error: DenicornError | null } | null = null;
    const call = this.#call("postWorkerInit").then((error) => void (result = { error }));
    await withTimeout(clock, Math.max(0, deadline - clock.monotonic()), call);
    const { error } = result ??
      { error: lateForBoot(shownPath(host.cwd(), this.#options.config.hooks!.source)) };
    if (error !== null) throw error;
  }

  /** Calls a hook about this worker, unless the app is only checked. Resolves when it is done or has failed; a failure is logged. */
  async tell(name: "workerInt" | "workerAbort" | "workerExit"): Promise<void> {
    const error = this.#hasBegun ? await this.#call(name) : null;
    if (error !== null) await this.#log(error);
  }

  /** At a quick end: as many of these as are done in the time that one has. */
  async tellInTime(names: readonly ("workerInt" | "workerExit")[]): Promise<void> {
    const tellAll = async () => {
      for (const name of names) await this.tell(name);
    };
    const { hooks } = this.#options.config;
    await withTimeout(this.#system.clock, (hooks?.timeout ?? 0) + lateMargin, tellAll());
  }

  /** `app` with the hooks for requests; itself if there are none. */
  around(app: FetchHandler): FetchHandler {
    const imported = this.#imported;
    const [before, after] = [imported?.find("preRequest"), imported?.find("postRequest")];
    if (!imported || (!before && !after)) return app;
    const { log, waitUntil, onRefused } = this.#options;
    const { clock } = this.#system;
    return new RequestHooks({
      ...{ clock, waitUntil, worker: this.#worker, before: before ?? null, after: after ?? null },
      failure: (name, thrown) => imported.failure(name, thrown),
      settled: (name, promise) => imported.settled(name, promise),
      onRefused: (request, error) => {
        onRefused();
        log.hookFault(request, error);
      },
      onFailed: (request, error) => log.hookFault(request, error),
    }).around(app);
  }

  /** The app is one of `node:http`: it has no requests of `fetch`. */
  warnOfNode(): void {
    const names = (["preRequest", "postRequest"] as const).filter((name) => this.has(name));
    if (names.length === 0) return;
    void this.#options.log.write((logger) =>
      logger
        .warning`the hooks for requests are not called (${
        names.join(", ")
      }), because the app is one of node:http: use its own middleware`
    );
  }

  async #call(name: HookName): Promise<DenicornError | null> {
    return await this.#imported?.call(name, [this.#worker]) ?? null;
  }

  #log({ message, detail }: DenicornError): Promise<void> {
    return this.#options.log.write((logger) => logger.with({ detail }).error`${message}`);
  }
}

/** The master would kill the worker without a word about the hook. */
function lateForBoot(file: string): DenicornError {
  return new DenicornError(
    "hook",
    `hook postWorkerInit of ${file} was not done until boot-timeout was over: look for a promise that never ends, or ` +
      "raise --boot-timeout",
  );
}
