/**
 * One worker process. It connects to its master, loads the app, listens last, reports ready, serves, and
 * finishes when told to, or when its master is gone.
 */

import { importApp, importFailure } from "../app/load/import_app.ts";
import { type DenicornError, ExitCode, toDenicornError } from "../core/errors.ts";
import { type HandledSignal, handledSignals, signalMeanings } from "../core/signals.ts";
import { Throttle } from "../core/throttle.ts";
import { version } from "../core/version.ts";
import type { WorkerConfig } from "../protocol/messages.ts";
import type { FetchHandler, System } from "../system/system.ts";
import type { DrainReport } from "./drain.ts";
import { stackOf, toFailure } from "./failure.ts";
import type { InFlightRequest } from "./in_flight_requests.ts";
import type { MasterChannel } from "./master_channel.ts";
import { cleanUp, type Successor, waitForSuccessor } from "./orphan.ts";
import { untilReady } from "./readiness.ts";
import { Service } from "./service.ts";
import { WorkerLog } from "./worker_log.ts";

export class Worker {
  readonly #system: System;
  readonly #channel: MasterChannel;
  readonly #channelPath: string;
  #config: WorkerConfig | null = null;
  #log: WorkerLog | null = null;
  #service: Service | null = null;
  #fetch: FetchHandler | null = null;
  #listening = false;
  #leaving = false;
  #successor: Successor | null = null;
  readonly #lostThrottle = new Throttle(logInterval);
  #logsListening = false;
  /** Settles when what a dead master left is removed. */
  #cleanedUp: Promise<void> = Promise.resolve();

  /** `linkPath` is the socket that `link` is connected to. */
  constructor(system: System, channel: MasterChannel, channelPath: string) {
    this.#system = system;
    this.#channel = channel;
    this.#channelPath = channelPath;
  }

  /** Serves until the process ends. */
  async run(token: string): Promise<void> {
    for (const signal of handledSignals) {
      this.#system.processes.onSignal(signal, () => this.#handleSignal(signal));
    }
    void this.#channel.send({ type: "hello", token, version });
    for await (const message of this.#channel.messages()) {
      switch (message.type) {
        case "load":
          void this.#boot(message.config);
          break;
        case "listen":
          this.#listen();
          break;
        case "drain":
          void this.#leave(ExitCode.normal, message.handedOver);
          break;
        case "reopen":
          this.#reopenLogs();
          break;
        case "successor":
          this.#successor = { pid: message.pid, until: this.#system.clock.monotonic() + message.timeout };
          break;
      }
    }
    await this.#handleMasterGone();
  }

  async #boot(config: WorkerConfig): Promise<void> {
    this.#config = config;
    try {
      const { slot: worker, generation: gen } = config;
      this.#log = new WorkerLog(this.#system, config.log, { worker, gen, pid: this.#system.host.pid });
      this.#service = new Service(this.#system, config, {
        send: (message) => void this.#channel.send(message),
        onError: (error) => this.#answerError(error),
        onSlow: (inFlightRequest, ms) => this.#logSlow(inFlightRequest, ms),
        onListenerLost: (isFull) => this.#logListenerLost(isFull),
      });
      this.#fetch = await this.#load(config);
    } catch (error) {
      return this.#fail(toDenicornError(error));
    }
    void this.#channel.send({ type: "loaded" });
  }

  #listen(): void {
    // The turn goes to the next one.
    if (this.#leaving && this.#listening) return void this.#channel.send({ type: "closed" });
    if (this.#leaving || this.#service === null || this.#fetch === null) return;
    try {
      this.#service.start(this.#fetch);
    } catch (error) {
      // Who has listened before tries again.
      if (this.#listening) return void this.#channel.send({ type: "closed" });
      return void this.#fail(toDenicornError(error));
    }
    if (this.#listening) return this.#logListening();
    this.#listening = true;
    void this.#log?.load();
    const { notSharedReason } = this.#service.slot;
    if (notSharedReason === null || this.#config?.scoreboard === null) return;
    void this.#log?.say((logger) =>
      logger.warning`no memory shared with the master: ${notSharedReason}: figures are sent over the link`
    );
  }

  /**
   * Imports the app and waits until it can serve. What goes wrong in its background meanwhile is its failure to
   * load, too.
   */
  async #load(config: WorkerConfig): Promise<FetchHandler> {
    const { processes, clock, host } = this.#system;
    const { readiness } = config;
    const start = clock.monotonic();
    const place = { ...config, workingDirectory: host.cwd() };
    const forget = processes.onUncaught((error) => {
      if (!this.#leaving) void this.#fail(importFailure(error, place));
    });
    const fetch = await importApp(place);
    // A rejection nobody handles is told only when the event loop turns.
    await new Promise<void>((resolve) => clock.after(0, resolve));
    forget();
    // After the app's own listeners, so that an app that handles its errors itself keeps doing so.
    processes.onUncaught((error) => {
      if (this.#listening) this.#handleUncaught(error);
      else if (!this.#leaving) void this.#fail(importFailure(error, place));
    });
    if (readiness !== null) {
      await untilReady(fetch, clock, { path: readiness.path, deadline: start + readiness.timeout });
    }
    return fetch;
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
    await this.#channel.send({ type: "failed", failure: toFailure(error) });
    this.#system.processes.exit(error.exitCode);
  }

  #handleSignal(signal: HandledSignal): void {
    switch (signalMeanings[signal].worker) {
      case "drain":
        void this.#channel.send({ type: "draining" });
        void this.#leave(ExitCode.normal, true);
        break;
      case "quit":
        this.#service?.accessLog?.flush();
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
      this.#service?.accessLog?.reopen();
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
    void this.#channel.send({ type: "draining", failure });
    void this.#leave(ExitCode.internal, true);
  }

  async #handleMasterGone(): Promise<void> {
    if (this.#config !== null) {
      const { runtimeDirectory, scoreboard } = this.#config;
      const paths = scoreboard === null ? [runtimeDirectory] : [runtimeDirectory, scoreboard];
      this.#cleanedUp = cleanUp(this.#system, { channelPath: this.#channelPath, paths });
    }
    if (this.#listening && this.#successor !== null) {
      const { pid } = this.#successor;
      void this.#log?.say((logger) =>
        logger.warning`the master is gone: serving until process ${pid} takes over`
      );
      await waitForSuccessor(this.#system, this.#successor);
    }
    void this.#log?.say((logger) => logger.warning("the link to the master ended: finishing, then exiting"));
    await this.#leave(ExitCode.normal, false);
  }

  /** `handedOver`: others get the new connections, if the master has the listeners. */
  async #leave(code: ExitCode, handedOver: boolean): Promise<void> {
    if (!handedOver) this.#service?.recall();
    if (this.#leaving) return;
    this.#leaving = true;
    if (this.#service !== null) {
      const report = await this.#service.finish();
      await this.#logCut(report, this.#service.requests.inFlightRequests);
      this.#service.accessLog?.close();
    }
    await this.#cleanedUp;
    this.#system.processes.exit(code);
  }

  #logListenerLost(isFull: boolean): void {
    this.#logsListening = this.#lostThrottle.pass(this.#system.clock.monotonic()) !== null;
    if (!this.#logsListening) return;
    const why = isFull
      ? `it may have ${this.#system.openFiles.limit().soft} files open at once: raise LimitNOFILE= (systemd) or ` +
        "the hard limit (ulimit -Hn), or start more workers"
      : "its listener was closed";
    void this.#log?.say((logger) =>
      logger
        .error`accepts no connection: ${why}; it serves those it has, and accepts again when there is room`
    );
  }

  #logListening(): void {
    if (this.#logsListening) void this.#log?.say((logger) => logger.info("accepts connections again"));
  }

  #logSlow(inFlightRequest: InFlightRequest, ms: number): void {
    void this.#log?.say((logger) =>
      logger.warning`slow request: ${describe(inFlightRequest, ms)}, still running`
    );
  }

  /** Says what did not finish in time. */
  async #logCut({ cut, took }: DrainReport, inFlightRequests: Iterable<InFlightRequest>): Promise<void> {
    if (cut === 0) return;
    const now = this.#system.clock.monotonic();
    const known = Array.from(inFlightRequests);
    const named = known.slice(0, maxNamed).map((inFlightRequest) =>
      describe(inFlightRequest, now - inFlightRequest.since)
    ).join(", ");
    const others = known.length > maxNamed ? `${known.length - maxNamed} more` : "";
    // They count as requests in flight, and have no request any more.
    const sockets = cut - known.length;
    const open = sockets > 0 ? `${sockets} WebSocket${sockets === 1 ? "" : "s"}` : "";
    const what = [named, others, open].filter((text) => text !== "").join(" and ");
    const requests = cut === 1 ? "1 request was" : `${cut} requests were`;
    const seconds = (took / 1000).toFixed(1);
    await this.#log?.say((logger) =>
      logger
        .warning`${requests} cut off after ${seconds} s (graceful-timeout): ${what}`
    );
  }
}

/** Milliseconds between two lines about connections that are not accepted. */
const logInterval = 5_000;

/** So many requests stand in one line of the log. */
const maxNamed = 5;

function describe(inFlightRequest: InFlightRequest, ms: number): string {
  return `${inFlightRequest.request.method} ${inFlightRequest.path} for ${(ms / 1000).toFixed(1)} s`;
}
