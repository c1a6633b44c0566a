/**
 * One worker process. It connects to its master, loads the app, listens last, reports ready, serves, and
 * finishes when told to, or when its master is gone.
 */

import { importApp } from "../app/import_app.ts";
import { importFailure } from "../app/import_failure.ts";
import { type DenicornError, ExitCode, toDenicornError } from "../core/errors.ts";
import { type HandledSignal, handledSignals, signalMeanings } from "../core/signals.ts";
import { AccessLog } from "../log/access_log.ts";
import type { WorkerOrders } from "../protocol/messages.ts";
import { toListenError } from "../system/listen_error.ts";
import type { FetchHandler, HttpServer, System } from "../system/system.ts";
import { drain } from "./drain.ts";
import { stackOf, toFailure } from "./failure.ts";
import type { MasterLink } from "./link.ts";
import { logged, Requests } from "./requests.ts";
import { WorkerLog } from "./worker_log.ts";

export class Worker {
  readonly #system: System;
  readonly #link: MasterLink;
  readonly #linkPath: string;
  readonly #requests = new Requests();
  #servers: HttpServer[] = [];
  #orders: WorkerOrders | null = null;
  #log: WorkerLog | null = null;
  #accessLog: AccessLog | null = null;
  #leaving = false;
  #totalAtBeat = 0;
  /** Requests came in between the last two beats. */
  #isBusy = false;

  /** `linkPath` is the socket that `link` is connected to. */
  constructor(system: System, link: MasterLink, linkPath: string) {
    this.#system = system;
    this.#link = link;
    this.#linkPath = linkPath;
  }

  /** Serves until the process ends. */
  async run(token: string): Promise<void> {
    for (const signal of handledSignals) {
      this.#system.processes.onSignal(signal, () => this.#handleSignal(signal));
    }
    void this.#link.send({ type: "hello", token });
    for await (const message of this.#link.messages()) {
      switch (message.type) {
        case "load":
          void this.#boot(message.orders);
          break;
        case "drain":
          void this.#leave(ExitCode.normal);
          break;
        case "reopen":
          this.#reopenLogs();
          break;
      }
    }
    await this.#handleMasterGone();
  }

  async #boot(orders: WorkerOrders): Promise<void> {
    this.#orders = orders;
    try {
      const { slot: worker, generation: gen } = orders;
      this.#log = new WorkerLog(this.#system, orders.log, { worker, gen, pid: this.#system.host.pid });
      const fetch = await this.#load(orders);
      if (this.#leaving) return;
      const handler = this.#requests.count(this.#withAccessLog(fetch, orders));
      this.#servers = orders.listen.map((address) => this.#listen(address, orders, handler));
    } catch (error) {
      return this.#fail(toDenicornError(error));
    }
    void this.#link.send({ type: "ready", addresses: this.#servers.map((server) => server.address) });
    void this.#log.load();
    this.#system.clock.every(orders.beatInterval, () => this.#beat());
  }

  /** Imports the app. What goes wrong in its background meanwhile is its failure to load, too. */
  async #load(orders: WorkerOrders): Promise<FetchHandler> {
    const { processes, clock, host } = this.#system;
    const place = { ...orders, workingDirectory: host.cwd() };
    const forget = processes.onUncaught((error) => {
      if (!this.#leaving) void this.#fail(importFailure(error, place));
    });
    const fetch = await importApp(place);
    // A rejection nobody handles is told only when the event loop turns.
    await new Promise<void>((resolve) => clock.after(0, resolve));
    forget();
    // After the app's own listeners, so that an app that handles its errors itself keeps doing so.
    processes.onUncaught((error) => this.#handleUncaught(error));
    return fetch;
  }

  #beat(): void {
    const { total, inFlight } = this.#requests;
    this.#isBusy = total !== this.#totalAtBeat;
    this.#totalAtBeat = total;
    void this.#link.send({ type: "beat", requests: total, inFlight });
  }

  #withAccessLog(fetch: FetchHandler, orders: WorkerOrders): FetchHandler {
    const { accessLogfile, format } = orders.log;
    if (accessLogfile === null) return fetch;
    this.#accessLog = new AccessLog(this.#system, accessLogfile, format);
    return logged(fetch, this.#accessLog, this.#system.clock, orders.slot);
  }

  #listen(address: WorkerOrders["listen"][number], orders: WorkerOrders, handler: FetchHandler): HttpServer {
    try {
      return this.#system.network.serve({
        address,
        backlog: orders.backlog,
        onError: (error) => this.#answerError(error),
      }, handler);
    } catch (error) {
      throw toListenError(error, address);
    }
  }

  #answerError(error: unknown): Response {
    void this.#log?.say((logger) =>
      logger.error("the app threw while it handled a request", { detail: stackOf(error) })
    );
    return new Response("Internal Server Error", { status: 500 });
  }

  /** What it could not do reaches the operator through the master, once for all workers. */
  async #fail(error: DenicornError): Promise<void> {
    this.#leaving = true;
    await this.#link.send({ type: "failed", failure: toFailure(error) });
    this.#system.processes.exit(error.exitCode);
  }

  #handleSignal(signal: HandledSignal): void {
    switch (signalMeanings[signal].worker) {
      case "drain":
        void this.#link.send({ type: "draining" });
        void this.#leave(ExitCode.normal);
        break;
      case "quit":
        this.#accessLog?.flush();
        this.#system.processes.exit(ExitCode.normal);
        break;
      case "reopen-logs":
        this.#reopenLogs();
        break;
      case "ignored":
        break;
    }
  }

  #reopenLogs(): void {
    void this.#log?.reopen();
    try {
      this.#accessLog?.reopen();
    } catch (error) {
      void this.#log?.say((logger) => logger.error`${toDenicornError(error).message}`);
    }
  }

  /**
   * An error nobody caught leaves the app in an unknown state, but the requests of other clients need not pay
   * for it: the master starts a replacement while this worker finishes what it has.
   */
  #handleUncaught(error: unknown): void {
    if (this.#leaving) return;
    const failure = {
      code: "internal" as const,
      message: "uncaught error in the app",
      detail: stackOf(error),
    };
    void this.#link.send({ type: "draining", failure });
    void this.#leave(ExitCode.internal);
  }

  async #handleMasterGone(): Promise<void> {
    void this.#leave(ExitCode.normal);
    if (this.#orders === null) return;
    void this.#log?.say((logger) => logger.warning("the link to the master ended: finishing, then exiting"));
    // Whoever still listens there is a master that lives and only lost this link.
    if (await this.#system.network.answers(this.#linkPath)) return;
    this.#system.files.remove(this.#orders.runtimeDirectory);
  }

  async #leave(code: ExitCode): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    const deadline = this.#orders?.gracefulTimeout ?? 0;
    const isBusy = this.#isBusy || this.#requests.total !== this.#totalAtBeat;
    const { cut, took } = await drain(this.#servers, this.#requests, this.#system.clock, {
      deadline,
      isBusy,
    });
    if (cut > 0) {
      const requests = cut === 1 ? "1 request was" : `${cut} requests were`;
      const seconds = (took / 1000).toFixed(1);
      await this.#log?.say((logger) =>
        logger.warning`${requests} cut off after ${seconds} s (graceful-timeout)`
      );
    }
    this.#accessLog?.close();
    this.#system.processes.exit(code);
  }
}
