/**
 * Calls `prepare` of an app that exports it, once for each generation and before its workers load the app, in a process
 * with the rights of the workers. Two never run at the same time: both could migrate the same database.
 */

import type { Credentials } from "../../account/credentials.ts";
import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { Logger } from "../../log/logger.ts";
import {
  type AppPreparation,
  clearReport,
  preparationVariable,
  readReport,
  reportSize,
} from "../../protocol/app_preparation.ts";
import { showDuration } from "../../settings/kinds/duration.ts";
import { asConfigFile } from "../../settings/settings.ts";
import { enterOrRoot } from "../../system/host/working_directory.ts";
import { startLimited } from "../../system/processes/limited_child.ts";
import { selfCommand } from "../../system/processes/self_command.ts";
import type { SharedBlock, System } from "../../system/system.ts";
import type { AppBundle, Generation } from "../workers/generation.ts";
import { appEnvironment } from "../workers/worker_process.ts";

const action = "cannot prepare the app";

export class AppPreparations {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #credentials: Credentials;
  #last: Promise<unknown> = Promise.resolve();
  /** The processes write what failed there, one after another; `null` where no memory can be shared. */
  #report: SharedBlock | null | undefined;

  constructor(system: System, logger: Logger, credentials: Credentials) {
    this.#system = system;
    this.#logger = logger;
    this.#credentials = credentials;
  }

  /**
   * Waits for its turn, unless `signal` comes before it, and until `prepare` has succeeded: what it has begun, a newer
   * reload does not interrupt. Throws DenicornError.
   */
  run(generation: Generation, bundle: AppBundle, signal?: AbortSignal): Promise<void> {
    const turn = this.#last.catch(() => {}).then(() => {
      signal?.throwIfAborted();
      return this.#prepare(generation, bundle);
    });
    this.#last = turn;
    return turn;
  }

  async #prepare(generation: Generation, bundle: AppBundle): Promise<void> {
    const { number, settings: { prepareTimeout, app = "" } } = generation;
    const { clock } = this.#system;
    const start = clock.monotonic();
    this.#logger.info`preparing generation ${number}: calling prepare() of ${app}`;
    const memory = this.#memory()?.buffer ?? null;
    if (memory !== null) clearReport(memory);
    const { code, signal, isLate } = await this.#start(generation, bundle).ended;
    const report = memory === null ? null : readReport(memory);
    if (report !== null && report !== "done") {
      throw new DenicornError(report.code, report.message, { detail: report.detail });
    }
    if (isLate) {
      throw new DenicornError(
        "app-prepare",
        `${action}: prepare() of ${app} was not done after ${
          showDuration(prepareTimeout)
        } (prepare-timeout): look for a ` +
          "promise that never settles, or raise --prepare-timeout",
      );
    }
    // Without shared memory there is only the exit code.
    if (code !== 0 || (memory !== null && report === null)) {
      const how = signal === null ? `with exit code ${code}` : `by ${signal}`;
      throw new DenicornError(
        "app-prepare",
        `${action}: the process that called prepare() of ${app} ended ${how} before that was done: see its output above, ` +
          "and look for Deno.exit() and process.exit()",
      );
    }
    const took = Math.round(clock.monotonic() - start);
    this.#logger.info`generation ${number} is prepared, after ${took} ms`;
  }

  #start({ number, settings, directory }: Generation, bundle: AppBundle) {
    const { uid, gid, groups = [] } = this.#credentials;
    const system = this.#system;
    const report = this.#memory()?.descriptor ?? null;
    const {
      args,
      appType,
      logLevel,
      logFormat,
      errorLogfile,
      accessLogfile,
      prepareTimeout,
      appPermissions,
    } = settings;
    const { source, path, exportName, exportsApp, unstable } = bundle;
    const preparation: AppPreparation = {
      ...{ args, appType, logLevel, logFormat, errorLogfile, accessLogfile },
      ...{ source, exportName, exportsApp, unstable, appPermissions, report },
      bundle: path,
      generation: number,
      settings: asConfigFile(settings),
      timeout: prepareTimeout,
      master: system.host.pid,
    };
    const [command, ...prefix] = selfCommand(system);
    try {
      enterOrRoot(system, directory);
      return startLimited(system, {
        command,
        // What follows --worker is only for readers of `ps`.
        args: [...prefix, "--worker", "prepare", `gen=${number}`, settings.app ?? ""],
        env: {
          ...appEnvironment(system, this.#credentials, settings, directory),
          [preparationVariable]: JSON.stringify(preparation),
        },
        ...{ uid, gid, groups },
        inherited: report === null ? [] : [report],
      }, prepareTimeout);
    } catch (error) {
      throw new DenicornError("app-prepare", `${action}: no process can be started: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  #memory(): SharedBlock | null {
    if (this.#report !== undefined) return this.#report;
    try {
      return this.#report = this.#system.memory.createSealed(reportSize);
    } catch {
      // The process prints what failed.
      return this.#report = null;
    }
  }
}
