/** How a worker loads the app: it makes its process look like that of the app, imports it, and waits until it can serve. */

import { importApp, type ImportedApp, importFailure, type ImportOptions } from "../app/load/import_app.ts";
import type { App } from "../app/load/validate_app.ts";
import { fileUrl, shownPath } from "../app/paths.ts";
import { appStorage } from "../app/user_directories.ts";
import { listensToProcess, sendsToParent, usesNodeHttp } from "../app/uses_of_node.ts";
import { DenicornError } from "../core/errors.ts";
import { streamQueue } from "../log/stream_queue.ts";
import type { WorkerConfig } from "../protocol/messages.ts";
import { sleep } from "../system/clock.ts";
import type { ProgramServers, System } from "../system/system.ts";
import type { Fault } from "./faults.ts";
import type { InFlightRequest } from "./in_flight_requests.ts";
import type { Jobs } from "./jobs.ts";
import type { LifeCycle } from "./life_cycle.ts";
import { openApp, type OpenedApp } from "./programs/open_app.ts";
import { untilReady, untilServing, untilSettled } from "./readiness.ts";
import type { Requests } from "./requests.ts";
import { appOf, type Program, programOf } from "./served_program.ts";

interface LoadingOptions {
  readonly servers: ProgramServers;
  /** Gets uncaught errors, from the beginning on. */
  readonly onUncaught: (error: unknown) => void;
  /** The app ends a server. */
  readonly onEnd: () => void;
  readonly requests: Requests;
  readonly lifeCycle: LifeCycle;
  readonly jobs: Jobs;
  readonly onFault: (entry: InFlightRequest, fault: Fault) => void;
  /** The app sends its parent a message. */
  readonly onSent: (message: unknown) => void;
  /** What the app stores is lost with this process. */
  readonly onNotStored: (reason: string) => void;
}

const noApp: ImportedApp = { app: null, hooks: {} };

export class Loading {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #options: LoadingOptions;
  readonly #place: ImportOptions;

  constructor(system: System, config: WorkerConfig, options: LoadingOptions) {
    this.#system = system;
    this.#config = config;
    this.#options = options;
    this.#place = { ...config, workingDirectory: system.host.cwd() };
  }

  /** Throws DenicornError if the app cannot be loaded, or does not become ready. */
  async program(): Promise<Program> {
    const { processes, clock, host } = this.#system;
    const { readiness, loadTimeout, listen } = this.#config;
    const { servers, onUncaught, lifeCycle } = this.#options;
    const start = clock.monotonic();
    const forget = processes.onUncaught(onUncaught);
    host.printThrough((stream, text) => streamQueue(this.#system, stream).write(text));
    await this.#presentProcess();
    const { app: exported, hooks } = await this.#import();
    const app = this.#served(exported);
    // A program may await something before it serves.
    if (app === null) {
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
    if (listen.length > 0) await lifeCycle.start(hooks, this.#place);
    if (readiness !== null) {
      const limits = { path: readiness.path, deadline: start + readiness.timeout };
      await untilReady((own ?? opened[0]!).ask, clock, limits);
    }
    return programOf(this.#config, own, servers.servers, opened);
  }

  async #presentProcess(): Promise<void> {
    const { processes, host, files, nodeHttp } = this.#system;
    const { bundle, source, args, unstable } = this.#config;
    const { servers, onEnd, onSent, onNotStored, lifeCycle, jobs } = this.#options;
    const text = files.readTextSync(bundle);
    lifeCycle.offer();
    processes.keepStopListeners(listensToProcess(text));
    if (sendsToParent(text)) processes.receiveSent(onSent);
    if (usesNodeHttp(text)) (await nodeHttp()).takeServers(servers, onEnd);
    host.offerFeatures(unstable);
    host.offerStorage(() => appStorage(this.#system, source), onNotStored);
    if (unstable.includes("cron")) host.takeCron(jobs);
    host.presentAs(fileUrl(source), args);
  }

  /** A module that waits for the end of its servers counts as imported when it has started them. */
  #import(): Promise<ImportedApp> {
    const { servers, onUncaught } = this.#options;
    const imported = importApp(this.#place, servers);
    if (this.#config.exportsApp) return imported;
    let isOver = false;
    return Promise.race([
      imported.catch((error) => {
        if (!isOver) throw error;
        onUncaught(error instanceof Error && error.cause !== undefined ? error.cause : error);
        return noApp;
      }),
      untilSettled(servers, this.#system.clock).then(() => noApp),
    ]).finally(() => isOver = true);
  }

  /** An app that says where it is to be served becomes a server that it has started: the result is `null`. */
  #served(app: App | null): App | null {
    if (app?.kind !== "fetch" || app.asks === undefined) return app;
    const { port, hostname, onListen } = app.asks;
    const isPlaced = (port ?? hostname ?? null) !== null;
    try {
      this.#options.servers.serveFirst({ port, hostname, onListen }, app.fetch);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new DenicornError("app-address", `cannot serve the app where its export asks for: ${reason}`, {
        cause: error,
      });
    }
    // Without an address the server is another name for the app, and hears where that listens.
    return isPlaced ? null : app;
  }

  async #open(app: App): Promise<OpenedApp> {
    const { requests, onFault } = this.#options;
    try {
      return await openApp(this.#system, app, requests, onFault);
    } catch (error) {
      throw error instanceof DenicornError ? error : importFailure(error, this.#place);
    }
  }
}
