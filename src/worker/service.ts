/** A worker that knows its config: the app, its listeners, the requests, and how the worker finishes them. */

import { toDenicornError } from "../core/errors.ts";
import { addressOf } from "../core/placed_servers.ts";
import { AccessLog } from "../log/access_log.ts";
import type { FromWorker, WorkerConfig } from "../protocol/messages.ts";
import type { TaskRequest } from "../protocol/task_messages.ts";
import { isKnown } from "../system/network/responses/response_body.ts";
import { lazyModule } from "../system/lazy_module.ts";
import type { ProgramServers, System, TcpAddress } from "../system/system.ts";
import { Answers } from "./http/answers.ts";
import type { AppChannels } from "./channels/app_channels.ts";
import { AnnouncedEnds } from "./listeners/announced_ends.ts";
import { BlockingLimit } from "./blocking_limit.ts";
import { BodyFailures } from "./http/body_failures.ts";
import { flushTimeout } from "./listeners/drain.ts";
import { Draining } from "./listeners/draining.ts";
import { internalServerError } from "./http/faults.ts";
import { HttpEdge } from "./http/edge.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { InFlightRequest } from "./http/in_flight_requests.ts";
import { Jobs } from "./app/jobs.ts";
import { LifeCycle } from "./app/life_cycle.ts";
import { Loading } from "./app/loading.ts";
import { Listeners } from "./listeners/listeners.ts";
import { leaveGroup } from "./orphan.ts";
import { isPlainPort, type Program } from "./app/served_program.ts";
import { Pause } from "./pause.ts";
import { SlowClients } from "./listeners/slow_clients.ts";
import { Reports } from "./reports.ts";
import { Requests } from "./http/requests.ts";
import type { StaticFiles } from "./http/static_files.ts";
import { openSlot, type Slot } from "./slot.ts";
import { UnixListeners } from "./listeners/unix_listeners.ts";
import { closingCode, WebSockets } from "./http/web_sockets.ts";
import { WorkerLog } from "./worker_log.ts";
import { WorkerTasks } from "./tasks/worker_tasks.ts";

const loadStaticFiles = lazyModule(() => import("./http/static_files.ts"));

/** Milliseconds after which what is loaded delays no first answer. */
const untilQuiet = 1_000;

export class Service {
  readonly log: WorkerLog;
  readonly config: WorkerConfig;
  readonly #system: System;
  readonly #send: (message: FromWorker) => void;
  readonly #slot: Slot;
  readonly #accessLog: AccessLog | null;
  readonly #requests: Requests;
  readonly #answers: Answers;
  readonly #heartbeat: Heartbeat;
  readonly #blockingLimit: BlockingLimit;
  readonly #listeners: Listeners;
  readonly #unixListeners: UnixListeners;
  readonly #announcedEnds: AnnouncedEnds;
  readonly #slowClients: SlowClients;
  readonly #webSockets: WebSockets;
  readonly #lifeCycle: LifeCycle;
  readonly #jobs: Jobs;
  readonly #tasks: WorkerTasks;
  readonly #channels: AppChannels;
  readonly #draining: Draining;
  #program: Program | null = null;
  #hasListened = false;

  /** Throws DenicornError `log-unwritable`. */
  constructor(
    system: System,
    config: WorkerConfig,
    send: (message: FromWorker) => void,
    channels: AppChannels,
  ) {
    const { clock, host, network, processes, descriptors } = system;
    const { place, slot: worker, role, generation: gen, accessLogfile, logFormat, areLogsRequired } = config;
    this.#system = system;
    this.config = config;
    this.#send = send;
    this.#channels = channels;
    const { pid } = host;
    const identity = role === "tasks" ? { taskWorker: worker, gen, pid } : { worker, gen, pid };
    this.log = new WorkerLog(system, config, identity, areLogsRequired);
    this.#accessLog = accessLogfile === undefined
      ? null
      : new AccessLog(system, accessLogfile, logFormat, areLogsRequired);
    // Before the app is imported: what it starts must not inherit them.
    if (config.fdInbox !== null) descriptors.keep(config.fdInbox);
    config.unixSockets.forEach(({ descriptor }) => descriptors.keep(descriptor));
    this.#slot = openSlot(system, config.scoreboard, place);
    this.#slot.writer.pid = host.pid;
    this.#slot.writer.origin = clock.wall() - clock.monotonic();
    this.#tasks = new WorkerTasks(system, config, {
      ...{ log: this.log, writer: this.#slot.writer, send },
      jobOf: (name) => this.#jobs.jobOf(name),
    });
    const pause = new Pause(send);
    this.#lifeCycle = new LifeCycle(
      system,
      this.log,
      config,
      (name, payload, options) => this.#tasks.enqueue(name, payload, options),
      (isReady) => pause.set("app", !isReady),
    );
    this.#jobs = new Jobs(
      ...[clock, this.log, this.#lifeCycle, host.cronUnit()] as const,
      config.tasks?.areTaken === true ? (name, due) => this.#tasks.addJob(name, due) : null,
    );
    const bodyFailures = new BodyFailures(this.log, clock);
    const onEnd = (entry: InFlightRequest, duration: number) => this.#logAccess(entry, duration);
    this.#requests = new Requests(this.#slot.writer, clock, this.#accessLog === null ? null : onEnd);
    this.#answers = new Answers(this.#requests, {
      context: this.#lifeCycle.execution,
      isCompressing: config.compress === true,
      onAnnouncedEnd: (port) => this.#announcedEnds.add(port),
      onFault: (entry, fault) => this.log.fault(entry, fault),
      bodyFailures,
    });
    const ports = () => new Set(this.#listeners.addresses.map(({ port }) => port));
    const reports = new Reports(clock, this.#slot, this.#requests.entries, {
      slowRequest: config.slowRequest,
      onSlow: (entry, ms) => this.log.slow(entry, ms),
      send: (bytes) => send({ type: "counters", bytes }),
    });
    const onError = (error: unknown) => {
      bodyFailures.reported(error, this.#requests.entries);
      return internalServerError();
    };
    this.#unixListeners = new UnixListeners(system, config, { requests: this.#requests, onError });
    this.#listeners = new Listeners(system, config, {
      onError,
      onProxyRefused: (peer, because) => this.log.proxyRefused(peer, because),
      // The bytes of the last response leave the process a moment after its end.
      isIdle: () =>
        this.#requests.inFlight === 0 && clock.monotonic() - this.#requests.lastEnd >= flushTimeout,
      onScarce: (isScarce) => {
        this.#requests.spareConnections(isScarce);
        pause.set("open-files", isScarce);
      },
      onLost: (isFull) => {
        send({ type: "closed" });
        this.log.listenersLost(isFull);
      },
      onAvailable: () => send({ type: "loaded" }),
      endKept: (count) => this.#slowClients.endKept(count),
    });
    this.#announcedEnds = new AnnouncedEnds(system, this.#requests, ports);
    this.#slowClients = new SlowClients(system, this.#requests, {
      limits: config,
      ports,
      isPlain: (port) => isPlainPort(port, config),
      onEnded: (timeout, count) => this.log.slowClients(timeout, count),
    });
    this.#blockingLimit = new BlockingLimit(processes, clock, config);
    this.#heartbeat = new Heartbeat(clock, this.#slot, this.#requests, {
      interval: config.heartbeatInterval,
      restingInterval: config.restingHeartbeatInterval,
      onHeartbeat: () => {
        this.#blockingLimit.extend();
        reports.report();
        this.#listeners.check();
        this.#unixListeners.check();
      },
    });
    this.#draining = new Draining(system, config, {
      requests: this.#requests,
      listeners: this.#listeners,
      unix: this.#unixListeners,
      slowClients: this.#slowClients,
      isBusy: () => this.#heartbeat.isBusy,
      onClosed: () => send({ type: "closed" }),
    });
    this.#webSockets = new WebSockets(
      network,
      this.#requests,
      (request, error) => this.log.socketFault(request, error),
    );
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
   * `onEnd` is called when it ends a server. Throws DenicornError if the app cannot be loaded or does not become ready.
   */
  async load(
    servers: ProgramServers,
    onUncaught: (error: unknown) => void,
    onEnd: () => void,
  ): Promise<void> {
    const { clock } = this.#system;
    const files = await this.#loadFiles();
    this.#program = await new Loading(this.#system, this.config, {
      ...{ servers, onUncaught, onEnd },
      requests: this.#requests,
      edge: new HttpEdge({
        ...{
          requests: this.#requests,
          answers: this.#answers,
          clock,
          config: this.config,
          log: this.log,
          files,
        },
      }),
      files,
      lifeCycle: this.#lifeCycle,
      keepsStopListeners: true,
      jobs: this.#jobs,
      channels: this.#channels,
      onTasks: (tasks) => this.#tasks.offer(tasks),
      onFault: (entry, fault) => this.log.fault(entry, fault),
      onSent: (message) => this.log.sent(message),
      onNotStored: (reason) => this.log.notStored(reason),
    }).program();
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
    const { served, serveUnix, servers } = this.#program;
    this.#unixListeners.open(serveUnix);
    const sharingFailure = this.#listeners.open(served);
    this.#heartbeat.start();
    this.#blockingLimit.startServing();
    this.#slowClients.start();
    this.#send({ type: "ready", addresses: this.#listeners.addresses, sharingFailure });
    if (!this.#hasListened) this.#tasks.start();
    if (this.#hasListened) return this.log.listensAgain();
    this.#hasListened = true;
    for (const { server, place } of servers) {
      const isOnSocket = place < 0 && this.config.unixSockets.length > 0;
      // Nothing listens where the app is only checked. On a Unix socket it is where it asked to be, for all it knows.
      const address = isOnSocket ? addressOf(server.asked) : this.#listeners.addresses[place];
      if (address !== undefined) server.listens(address);
    }
    this.#system.clock.after(untilQuiet, () => void this.log.load());
    if (!isKnown) {
      void this.log.write((logger) =>
        logger.debug("this runtime keeps responses elsewhere: each is counted when the runtime has sent it")
      );
    }
    const { notSharedReason } = this.#slot;
    if (notSharedReason === null || this.config.scoreboard === null) return;
    void this.log.write((logger) =>
      logger
        .warning`no memory shared with the master: ${notSharedReason}: the counters are sent over the channel`
    );
  }

  /** Accepts from these Unix sockets, by their numbers in the config, and from no others. */
  accept(sockets: readonly number[]): void {
    this.#unixListeners.accept(sockets);
  }

  /** There may be new tasks. */
  wakeTasks(): void {
    this.#tasks.wake();
  }

  /** The process that took tasks as `owner` is gone. */
  releaseTasks(owner: string): void {
    this.#tasks.release(owner);
  }

  /** Sends the answer. */
  answerTasks(number: number, request: TaskRequest): void {
    void this.#tasks.answer(number, request);
  }

  reopenLogs(): void {
    void this.log.reopen();
    try {
      this.#accessLog?.reopen();
    } catch (error) {
      void this.log.write((logger) => logger.error`${toDenicornError(error).message}`);
    }
  }

  /** Sends copies of the listening sockets to the fd inbox of another master; false if that is not there yet. */
  sendListenersTo(inbox: string): boolean {
    return this.#listeners.sendTo(inbox);
  }

  /** The jobs of `Deno.cron` are this worker's to run, or not any more. */
  passJobs(held: boolean, at: number): void {
    this.#jobs.pass(held, at);
  }

  /** From now on it starts no job of `Deno.cron`. */
  giveUpJobs(): void {
    this.#jobs.giveUp();
  }

  /** For the line about an uncaught error, which may come from one of them; empty if nothing runs. */
  get inFlightText(): string {
    return this.log.inFlightText(Array.from(this.#requests.entries)) + this.#tasks.runningText;
  }

  /** New connections are no longer steered to other workers. */
  endSteering(): void {
    this.#draining.endSteering();
  }

  /** The master is gone: leaves the addresses to another one at once, and serves the connections it has. */
  async stopAccepting(): Promise<void> {
    this.#listeners.ignore();
    await this.#draining.leaveAddresses();
  }

  /** `isRestart`: because of a reload or an upgrade. Resolves when all requests have ended, or at the deadline. */
  async finish(isRestart: boolean): Promise<void> {
    this.#blockingLimit.startDraining();
    this.giveUpJobs();
    this.#lifeCycle.drain();
    const keepEvents = this.#endEventsLater();
    const code = closingCode(isRestart);
    this.#webSockets.close(code);
    this.#program?.apps.forEach((app) => app.closeWebSockets(code));
    this.#listeners.ignore();
    this.#slowClients.startDraining();
    const { gracefulTimeout, shutdownTimeout } = this.config;
    const started = this.#system.clock.monotonic();
    const [report] = await Promise.all([this.#draining.finish(), this.#tasks.finish(gracefulTimeout)]);
    keepEvents();
    await this.log.waitedForHeads(this.#slowClients.lateHeads);
    await this.log.cutOff(report, this.#requests.entries);
    this.#program?.servers.forEach(({ server }) => server.ended());
    if (this.#program !== null) {
      const took = Math.max(report.took, this.#system.clock.monotonic() - started);
      await this.#lifeCycle.end(Math.max(gracefulTimeout - took, shutdownTimeout));
    }
    await this.#tasks.close();
  }

  #endEventsLater(): () => void {
    const { drainStreamsAfter } = this.config;
    if (drainStreamsAfter === 0) return () => {};
    return this.#system.clock.after(drainStreamsAfter, () => this.#answers.endEventStreams());
  }

  /** The master is gone: ends or names what the app has started. */
  async leaveGroup(): Promise<void> {
    const { logger } = await this.log.load();
    await leaveGroup(this.#system, logger, this.config.killGroup === true);
  }

  /** The process exits now: writes a line for each request that is cut off. */
  close(): void {
    this.#requests.cutOff();
    this.#accessLog?.close();
  }

  #logAccess(
    { method, target, status, isBroken, closeCode, client }: InFlightRequest,
    duration: number,
  ): void {
    if (client === null) return;
    const { address, referer, userAgent } = client;
    this.#accessLog?.add({
      time: this.#system.clock.wall() - duration,
      remote: address,
      method,
      target,
      status,
      isBroken,
      closeCode,
      referer,
      userAgent,
      duration,
      worker: this.config.slot,
    });
  }
}
