/** A worker that knows its config: it loads the app, listens, and finishes what it has begun. */

import { toDenicornError } from "../core/errors.ts";
import { addressOf } from "../core/placed_servers.ts";
import type { FromWorker, WorkerConfig } from "../protocol/messages.ts";
import type { TaskRequest } from "../protocol/task_messages.ts";
import { lazyModule } from "../system/lazy_module.ts";
import { isKnown } from "../system/network/responses/response_body.ts";
import type { ProgramServers, System, TcpAddress } from "../system/system.ts";
import type { AppChannels } from "./channels/app_channels.ts";
import { CapturedOutput } from "./captured_output.ts";
import { Loading } from "./app/loading.ts";
import type { Program } from "./app/served_program.ts";
import { HttpEdge } from "./http/edge.ts";
import type { PageRefresh } from "./http/page_refresh.ts";
import type { StaticFiles } from "./http/static_files.ts";
import { closingCode } from "./http/web_sockets.ts";
import type { WorkerHooks } from "./app/worker_hooks.ts";
import { leaveGroup } from "./orphan.ts";
import type { WorkerLog } from "./worker_log.ts";
import { buildParts, type WorkerParts } from "./worker_parts.ts";

const loadHooks = lazyModule(() => import("./app/worker_hooks.ts"));
const loadStaticFiles = lazyModule(() => import("./http/static_files.ts"));

const loadPageRefresh = lazyModule(() => import("./http/page_refresh.ts"));

/** Milliseconds after which what is loaded delays no first answer. */
const untilQuiet = 1_000;

export class Service {
  readonly log: WorkerLog;
  readonly config: WorkerConfig;
  readonly #system: System;
  readonly #send: (message: FromWorker) => void;
  readonly #parts: WorkerParts;
  readonly #channels: AppChannels;
  #program: Program | null = null;
  #output: CapturedOutput | null = null;
  #hooks: WorkerHooks | null = null;
  #hasListened = false;
  #refresh: PageRefresh | null = null;

  /** Throws DenicornError `log-unwritable`. */
  constructor(
    system: System,
    config: WorkerConfig,
    send: (message: FromWorker) => void,
    channels: AppChannels,
  ) {
    this.#system = system;
    this.config = config;
    this.#send = send;
    this.#channels = channels;
    this.#parts = buildParts(system, config, send);
    this.log = this.#parts.log;
  }

  get isLoaded(): boolean {
    return this.#program !== null;
  }

  /** Where the program asks to listen; `undefined` if that is where the master said. */
  get asked(): readonly TcpAddress[] | undefined {
    return this.#program?.asked;
  }

  get hasListened(): boolean {
    return this.#hasListened;
  }

  /**
   * Imports the app and waits until it can serve. From the beginning on, uncaught errors go to `onUncaught`;
   * `onEnd` is called when it ends a server, `onStuck` when it can serve nothing more. Throws DenicornError if the app cannot be loaded or does not become ready.
   */
  async load(
    servers: ProgramServers,
    onUncaught: (error: unknown) => void,
    onEnd: () => void,
    onStuck: () => void,
  ): Promise<void> {
    const { clock } = this.#system;
    const { config, log } = this;
    const { requests, answers, lifeCycle, jobs, tasks } = this.#parts;
    const files = await this.#loadFiles();
    if (config.watch === true) {
      const { PageRefresh } = await loadPageRefresh();
      this.#refresh = new PageRefresh({ server: config.runtimeDirectory, generation: config.generation });
    }
    const refresh = this.#refresh;
    if (config.captureOutput === true) {
      // A line is written when it is printed: the app may end the process with the next statement.
      const { logger } = await log.load();
      this.#output = new CapturedOutput(logger, config.logFormat === "json");
    }
    const hooks = await this.#openHooks();
    this.#program = await new Loading(this.#system, config, {
      ...{ servers, onUncaught, onEnd, requests, files, lifeCycle, jobs },
      output: this.#output,
      edge: new HttpEdge({ requests, answers, clock, config, log, files, hooks, refresh, onStuck }),
      importFirst: hooks && (() => hooks.import()),
      onLoaded: hooks && ((deadline) => hooks.init(deadline)),
      keepsStopListeners: true,
      channels: this.#channels,
      onTasks: (app) => tasks.offer(app),
      onFault: (entry, fault) => log.fault(entry, fault),
      onRefusedUpgrade: (request) => log.webSocketRefused(request),
      onSent: (message) => log.sent(message),
      onNotStored: (reason) => log.notStored(reason),
    }).program();
  }

  async #openHooks(): Promise<WorkerHooks | null> {
    const { config, log } = this;
    if (config.hooks === null) return null;
    const { lifeCycle, requests } = this.#parts;
    const { WorkerHooks } = await loadHooks();
    return this.#hooks = new WorkerHooks(this.#system, {
      ...{ config, log },
      waitUntil: (promise) => lifeCycle.waitUntil(promise),
      onRefused: () => requests.failed("fault"),
    });
  }

  /** The hooks of the config file that belong to workers; `null` if there are none. */
  get hooks(): Pick<WorkerHooks, "has" | "tell" | "tellInTime"> | null {
    return this.#hooks;
  }

  async #loadFiles(): Promise<StaticFiles | null> {
    const { static: folders, compress } = this.config;
    if (folders.length === 0) return null;
    const { staticFiles } = await loadStaticFiles();
    return staticFiles(this.#system, { folders, isCompressing: compress === true });
  }

  /** Listens and reports ready, also after the listeners were lost. Throws DenicornError if an address is unavailable. */
  listen(): void {
    if (this.#program === null) return;
    const { served, serveShared, servers } = this.#program;
    const { listeners, sharedListeners, heartbeat, blockingLimit, slowClients, tasks, slot } = this.#parts;
    sharedListeners.open(serveShared);
    const sharingFailure = listeners.open(served);
    heartbeat.start();
    blockingLimit.startServing();
    slowClients.start();
    this.#send({ type: "ready", addresses: listeners.addresses, sharingFailure });
    if (!this.#hasListened) tasks.start();
    if (this.#hasListened) return this.log.listensAgain();
    this.#hasListened = true;
    for (const { server, place } of servers) {
      const isOnSocket = place < 0 && this.config.sharedSockets.length > 0;
      // Nothing listens where the app is only checked. On a Unix socket it is where it asked to be, for all it knows.
      const address = isOnSocket ? addressOf(server.asked) : listeners.addresses[place];
      if (address !== undefined) server.listens(address);
    }
    this.#system.clock.after(untilQuiet, () => void this.log.load());
    if (!isKnown) {
      void this.log.write((logger) =>
        logger.debug("this runtime keeps responses elsewhere: each is counted when the runtime has sent it")
      );
    }
    const { notSharedReason } = slot;
    if (notSharedReason === null || this.config.scoreboard === null) return;
    void this.log.write((logger) =>
      logger
        .warning`no memory shared with the master: ${notSharedReason}: the counters are sent over the channel`
    );
  }

  /** Accepts from these shared sockets, by their numbers in the config, and from no others. */
  accept(sockets: readonly number[]): void {
    this.#parts.sharedListeners.accept(sockets);
  }

  /** There may be new tasks. */
  wakeTasks(): void {
    this.#parts.tasks.wake();
  }

  /** The process that took tasks as `owner` is gone. */
  releaseTasks(owner: string): void {
    this.#parts.tasks.release(owner);
  }

  /** Sends the answer. */
  answerTasks(number: number, request: TaskRequest): void {
    void this.#parts.tasks.answer(number, request);
  }

  /** With `watch`: the newest version of the app does not serve. */
  showBroken(reason: string): void {
    this.#refresh?.showBroken(reason);
  }

  reopenLogs(): void {
    void this.log.reopen();
    try {
      this.#parts.accessLog?.reopen();
    } catch (error) {
      void this.log.write((logger) => logger.error`${toDenicornError(error).message}`);
    }
  }

  /** Sends copies of the listening sockets to the fd inbox of another master; false if that is not there yet. */
  sendListenersTo(inbox: string): boolean {
    return this.#parts.listeners.sendTo(inbox);
  }

  /** The jobs of `Deno.cron` are this worker's to run, or not any more. */
  passJobs(held: boolean, at: number): void {
    this.#parts.jobs.pass(held, at);
  }

  /** From now on it starts no job of `Deno.cron`. */
  giveUpJobs(): void {
    this.#parts.jobs.giveUp();
  }

  /** Oldest first. */
  get requests(): WorkerParts["requests"]["entries"] {
    return this.#parts.requests.entries;
  }

  /** Tasks that run; empty without any. */
  get runningTasks(): string {
    return this.#parts.tasks.runningNames;
  }

  /** For the line about an uncaught error, which may come from one of them; empty if nothing runs. */
  get inFlightText(): string {
    return this.log.inFlightText(Array.from(this.#parts.requests.entries)) + this.#parts.tasks.runningText;
  }

  /** New connections are no longer steered to other workers. */
  endSteering(): void {
    this.#parts.draining.endSteering();
  }

  /** The process exits soon, and another one is started: takes no new requests, and cuts off none. */
  leave(): void {
    this.#parts.listeners.ignore();
    void this.#parts.draining.leave();
  }

  /** The master is gone: leaves the addresses to another one at once, and serves the connections it has. */
  async stopAccepting(): Promise<void> {
    this.#parts.listeners.ignore();
    await this.#parts.draining.leaveAddresses();
  }

  /** `isRestart`: because of a reload or an upgrade. Resolves when all requests have ended, or at the deadline. */
  async finish(isRestart: boolean): Promise<void> {
    const { blockingLimit, lifeCycle, webSockets, listeners, slowClients, draining, tasks } = this.#parts;
    blockingLimit.startDraining();
    this.giveUpJobs();
    lifeCycle.drain();
    const keepEvents = this.#endEventsLater();
    const code = closingCode(isRestart);
    webSockets.close(code);
    this.#program?.apps.forEach((app) => app.closeWebSockets(code));
    listeners.ignore();
    slowClients.startDraining();
    const { gracefulTimeout, shutdownTimeout } = this.config;
    const started = this.#system.clock.monotonic();
    const [report] = await Promise.all([draining.finish(), tasks.finish(gracefulTimeout)]);
    keepEvents();
    await this.log.waitedForHeads(slowClients.lateHeads);
    await this.log.cutOff(report, this.#parts.requests.entries);
    this.#program?.servers.forEach(({ server }) => server.ended());
    if (this.#program !== null) {
      const took = Math.max(report.took, this.#system.clock.monotonic() - started);
      const hooks = this.#hooks;
      await lifeCycle.end(
        Math.max(gracefulTimeout - took, shutdownTimeout),
        hooks && (() => hooks.tell("workerExit")),
      );
    }
    await tasks.close();
  }

  #endEventsLater(): () => void {
    const { drainStreamsAfter } = this.config;
    if (drainStreamsAfter === 0) return () => {};
    return this.#system.clock.after(drainStreamsAfter, () => this.#parts.answers.endEventStreams());
  }

  /** The master is gone: ends or names what the app has started. */
  async leaveGroup(): Promise<void> {
    const { logger } = await this.log.load();
    await leaveGroup(this.#system, logger, this.config.killGroup === true);
  }

  /** The process exits now. Resolves when its tasks are given back, or when the store takes too long for that. */
  async giveBackTasks(): Promise<void> {
    await this.#parts.tasks.giveBack();
    await this.log.written;
  }

  /** The process exits now: writes a line for each request that is cut off. */
  close(): void {
    this.#output?.end();
    this.#parts.requests.cutOff();
    this.#parts.accessLog?.close();
  }
}
