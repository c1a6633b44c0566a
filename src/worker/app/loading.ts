/** How a worker loads the app: it imports it, and waits until it can serve. */

import { importFailure, type ImportOptions } from "../../app/load/import_app.ts";
import type { AppTasks } from "../../app/load/app_tasks.ts";
import type { App } from "../../app/load/validate_app.ts";
import { shownPath } from "../../app/paths.ts";
import { DenicornError } from "../../core/errors.ts";
import { messageOf } from "../../core/thrown.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import { sleep } from "../../system/clock.ts";
import type { Serve, System } from "../../system/system.ts";
import { offersHttp2 } from "../http/http2_drain.ts";
import { redirectTo } from "../http/redirect.ts";
import { type ImportingOptions, importProgram } from "./importing.ts";
import { openApp, type OpenedApp, type OpeningOptions } from "../programs/open_app.ts";
import { untilReady, untilServing } from "./readiness.ts";
import { appOf, type Program, programOf } from "./served_program.ts";

interface LoadingOptions extends ImportingOptions, OpeningOptions {
  /**
   * The app is loaded, and the worker is to serve; `null` if nothing wants to know. `deadline`: of the boot, on the monotonic
   * clock. Rejects with DenicornError.
   */
  readonly onLoaded: ((deadline: number) => Promise<void>) | null;
  /** The app is imported, and has these tasks. Rejects with DenicornError if they cannot be used. */
  readonly onTasks: (tasks: AppTasks | null) => Promise<void>;
}

export class Loading {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #options: LoadingOptions;
  readonly #place: ImportOptions;

  constructor(system: System, config: WorkerConfig, options: LoadingOptions) {
    this.#system = system;
    this.#config = config;
    this.#options = options;
    this.#place = { ...config, tasksModule: config.settings.tasks, workingDirectory: system.host.cwd() };
  }

  /** Throws DenicornError if the app cannot be loaded, or does not become ready. */
  async program(): Promise<Program> {
    const { processes, clock } = this.#system;
    const { readiness, loadTimeout, listen, sharedSockets, role } = this.#config;
    const { servers, onUncaught, lifeCycle, onLoaded } = this.#options;
    const start = clock.monotonic();
    const forget = processes.onUncaught(onUncaught);
    const program = { ...this.#config, tasksModule: this.#place.tasksModule };
    const { app: exported, hooks, tasks } = await importProgram(this.#system, program, this.#options);
    await this.#options.onTasks(tasks);
    const app = this.#served(exported);
    // A program may await something before it serves.
    if (app === null && role === "requests") {
      const source = shownPath(this.#place.workingDirectory, this.#config.source);
      await untilServing({ source, deadline: start + loadTimeout }, servers, clock);
    }
    servers.close();
    const own = app === null ? null : await this.#open(app);
    const opened = await Promise.all(servers.servers.map((server) => this.#open(appOf(server))));
    // The runtime reports a rejection that is not handled in a later turn of the event loop.
    await sleep(clock, 0);
    forget();
    // Added after the app's own listeners, so that an app that handles its errors itself still does.
    processes.onUncaught(onUncaught);
    // An app is checked also where what it needs to serve is missing.
    if (role === "tasks" || listen.length + sharedSockets.length > 0) {
      await lifeCycle.start(hooks, this.#place, start + loadTimeout);
      if (onLoaded !== null) await onLoaded(start + loadTimeout);
    }
    if (readiness !== null && role === "requests") {
      const limits = {
        path: readiness.path,
        deadline: start + readiness.timeout,
        bundle: this.#config.bundle,
      };
      await untilReady((own ?? opened[0]!).ask, clock, limits);
    }
    const { edge } = this.#options;
    const redirects = (port: number): Serve => (options) =>
      this.#system.network.serve(options, edge.admitting(edge.counted(redirectTo(port), null), false));
    const config = { ...this.#config, http2: offersHttp2(this.#config, this.#system.network) };
    return programOf(config, own, servers.servers, opened, redirects);
  }

  /** An app that says where it is to be served becomes a server that it has started: the result is `null`. */
  #served(app: App | null): App | null {
    if (app?.kind !== "fetch" || app.asks === undefined) return app;
    const { port, hostname, onListen } = app.asks;
    const isPlaced = (port ?? hostname ?? null) !== null;
    try {
      this.#options.servers.serveFirst({ port, hostname, onListen }, app.fetch);
    } catch (error) {
      throw new DenicornError(
        "app-address",
        `cannot serve the app where its export asks for: ${messageOf(error)}`,
        { cause: error },
      );
    }
    // Without an address the server is another name for the app, and hears where that listens.
    return isPlaced ? null : app;
  }

  async #open(app: App): Promise<OpenedApp> {
    try {
      return await openApp(this.#system, app, this.#options);
    } catch (error) {
      throw error instanceof DenicornError ? error : importFailure(error, this.#place);
    }
  }
}
