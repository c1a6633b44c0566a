/**
 * The process of a worker. It connects to its master, loads the app, listens, reports ready and serves. It finishes when
 * the master or a signal tells it to, after an uncaught error, or when the master is gone.
 */

import { importFailure } from "../app/load/import_app.ts";
import { DenicornError, ExitCode, toDenicornError } from "../core/errors.ts";
import { type HandledSignal, handledSignals, signalMeanings } from "../core/signals.ts";
import { version } from "../core/version.ts";
import { CountedWarning } from "../log/counted_warning.ts";
import { type FromWorker, successorInbox, toFailure, type WorkerConfig } from "../protocol/messages.ts";
import type { TaskRequest } from "../protocol/task_messages.ts";
import type { System } from "../system/system.ts";
import { AppChannels } from "./channels/app_channels.ts";
import { clippedStack } from "./http/faults.ts";
import type { MasterChannel } from "./master_channel.ts";
import { describeWorker } from "./description.ts";
import { cleanUp, directoryOf, type Successor, waitForSuccessor } from "./orphan.ts";
import { Service } from "./service.ts";

/** As a shell shows the end by SIGABRT. */
const abortedCode = 134;

export class Worker {
  readonly #system: System;
  readonly #channel: MasterChannel;
  readonly #channelPath: string;
  /** To other workers. */
  readonly #appChannels: AppChannels;
  /** `null` until the config arrives. */
  #service: Service | null = null;
  #successor: Successor | null = null;
  #isLeaving = false;
  #isQuitting = false;
  #isOrphan = false;
  /** Resolves when the files of a dead master are removed. */
  #cleanedUp: Promise<unknown> = Promise.resolve();

  /** `channelPath` is the socket that `channel` is connected to. */
  constructor(system: System, channel: MasterChannel, channelPath: string) {
    this.#system = system;
    this.#channel = channel;
    this.#channelPath = channelPath;
    const dropped = new CountedWarning(system.clock, (count) => this.#service?.log.notPosted(count));
    this.#appChannels = new AppChannels({
      clock: system.clock,
      send: (bytes) => channel.sendBytes(bytes),
      onDropped: () => dropped.add(),
      onApart: () => this.#service?.log.channelsApart(),
      onFailure: (error) =>
        void this.#service?.log.appError("a message of a Web Worker stays in its process", error),
    });
  }

  /** Handles messages until the channel closes. */
  async run(token: string): Promise<void> {
    // First: among many strangers the master closes the connections that have said nothing for the longest time.
    this.#send({ type: "hello", token, version });
    for (const signal of handledSignals) {
      this.#system.processes.onSignal(signal, () => this.#handleSignal(signal));
    }
    for await (const message of this.#channel.messages()) {
      switch (message.type) {
        case "load":
          void this.#load(message.config);
          break;
        case "listen":
          this.#listen();
          break;
        case "accept":
          this.#service?.accept(message.sockets);
          break;
        case "refuse":
          void this.#fail(new DenicornError("app-address", `cannot serve the app: ${message.reason}`));
          break;
        case "drain":
          void this.#leave(ExitCode.normal, message.handedOver, message.isRestart);
          break;
        case "channel-post":
          this.#appChannels.receive(message.name, message.data);
          break;
        case "jobs":
          this.#service?.passJobs(message.held, message.at);
          break;
        case "wake-tasks":
          this.#service?.wakeTasks();
          break;
        case "release-tasks":
          this.#service?.releaseTasks(message.owner);
          break;
        case "give-back-tasks":
          void this.#stopNow();
          break;
        case "describe":
          this.#send({
            type: "description",
            number: message.number,
            description: describeWorker(this.#system, this.#service),
          });
          break;
        case "task-request":
          this.#answerTasks(message.number, message.request);
          break;
        case "app-broken":
          this.#service?.showBroken(message.reason);
          break;
        case "reopen":
          this.#service?.reopenLogs();
          break;
        case "successor":
          this.#successor = message.timeout === 0
            ? null
            : { pid: message.pid, until: this.#system.clock.monotonic() + message.timeout };
          break;
      }
    }
    await this.#handleMasterGone();
  }

  #send(message: FromWorker): void {
    void this.#channel.send(message);
  }

  async #load(config: WorkerConfig): Promise<void> {
    if (config.thread !== null && config.procName !== undefined) {
      this.#system.processes.nameThread(`worker ${config.slot}`);
    }
    try {
      this.#service = new Service(this.#system, config, (message) => this.#send(message), this.#appChannels);
      const finish = () => this.#finishAsAsked();
      const program = this.#system.network.takeProgramServers(finish);
      await this.#service.load(
        program,
        (error) => this.#handleUncaught(error, config),
        finish,
        () => this.#handOver(),
      );
    } catch (error) {
      return this.#fail(toDenicornError(error));
    }
    if (this.#service.hooks?.has("workerAbort")) {
      this.#system.processes.onSignal("SIGABRT", () => void this.#abort());
    }
    this.#send({ type: "loaded", addresses: this.#service.asked });
  }

  #listen(): void {
    const service = this.#service;
    if (service === null || !service.isLoaded) return;
    if (!this.#isLeaving) {
      try {
        return service.listen();
      } catch (error) {
        if (!service.hasListened) return void this.#fail(toDenicornError(error));
      }
    }
    // Now the next worker may listen. One that has lost its listeners tries again later.
    if (service.hasListened) this.#send({ type: "closed" });
  }

  #answerTasks(number: number, request: TaskRequest): void {
    if (this.#service !== null) return this.#service.answerTasks(number, request);
    this.#send({
      type: "task-answer",
      number,
      failure: "cannot ask for tasks: the worker has not started yet",
    });
  }

  /** The program has ended its server, which it also does at a signal. */
  #finishAsAsked(): void {
    if (this.#isLeaving) return;
    if (this.#service?.hasListened !== true) {
      const failure =
        "cannot serve the app: it has ended its server (shutdown or signal) before that listened";
      return void this.#fail(new DenicornError("app-serves-nothing", failure));
    }
    // The master counts it as a death: a program that does so again and again is replaced with growing delays.
    const failure = new DenicornError("internal", "the app has ended its server (shutdown or signal)");
    this.#send({ type: "draining", failure: toFailure(failure) });
    void this.#leave(ExitCode.normal, true);
  }

  /** The master logs the failure, once for all workers. */
  async #fail(error: DenicornError): Promise<void> {
    this.#isLeaving = true;
    await this.#channel.send({ type: "failed", failure: toFailure(error) });
    // What the app has printed last may have no end of line.
    this.#service?.close();
    this.#system.processes.exit(error.exitCode);
  }

  /** Finishes, and the master starts another worker. */
  #handOver(): void {
    if (!this.#isLeaving) this.#send({ type: "draining" });
    void this.#leave(ExitCode.normal, true);
  }

  #handleSignal(signal: HandledSignal): void {
    const hooks = this.#service?.hooks ?? null;
    if (hooks?.has("workerInt") && signal === "SIGQUIT") void hooks.tell("workerInt");
    switch (signalMeanings[signal].worker) {
      case "drain":
        this.#handOver();
        break;
      case "quit":
        // The second signal waits for nothing.
        if (hooks !== null && !this.#isQuitting) return void this.#quit(hooks);
        this.#service?.close();
        this.#system.processes.exit(ExitCode.normal);
        break;
      case "reopen-logs":
        this.#service?.reopenLogs();
        break;
      case "ignored":
        break;
    }
  }

  /** Exits when the hooks for that are done. */
  async #quit(hooks: NonNullable<Service["hooks"]>): Promise<void> {
    this.#isQuitting = true;
    if (!this.#isLeaving && this.#service?.hasListened === true) {
      this.#send({ type: "draining" });
      this.#service.leave();
    }
    await hooks.tellInTime(["workerInt", "workerExit"]);
    this.#service?.close();
    this.#system.processes.exit(ExitCode.normal);
  }

  /** The process was to end by a signal, which the runtime has taken for the hook. */
  async #abort(): Promise<void> {
    await this.#service?.hooks?.tell("workerAbort");
    this.#service?.close();
    this.#system.processes.exit(abortedCode);
  }

  /**
   * While the app is loaded, an uncaught error means that it cannot be. Later it leaves the app in an unknown state,
   * but the requests of other clients need not suffer: the master starts a replacement while this worker finishes.
   */
  #handleUncaught(error: unknown, config: WorkerConfig): void {
    const service = this.#service;
    if (service?.hasListened !== true) {
      // One that fails exits at once, with its first error.
      if (this.#isLeaving) return;
      const place = { ...config, workingDirectory: this.#system.host.cwd() };
      return void this.#fail(importFailure(error, place));
    }
    const text = "uncaught error in the app";
    if (this.#isLeaving) {
      return void service.log.appError(`${text}, which is finishing${service.inFlightText}`, error);
    }
    const failure = new DenicornError("internal", text + service.inFlightText, {
      detail: clippedStack(error, config.bundle),
    });
    this.#send({ type: "draining", failure: toFailure(failure) });
    void this.#leave(ExitCode.internal, true);
  }

  /** At a quick stop, which cuts off all but tasks. */
  async #stopNow(): Promise<void> {
    await this.#service?.giveBackTasks();
    this.#service?.close();
    this.#system.processes.exit(ExitCode.normal);
  }

  async #handleMasterGone(): Promise<void> {
    const service = this.#service;
    const successor = this.#successor;
    // Those of the successor get them.
    service?.giveUpJobs();
    if (service?.hasListened === true && successor !== null) {
      void service.log.write((logger) =>
        logger.warning`the master is gone: serving until ${
          successor.pid === null ? "a new master" : `process ${successor.pid}`
        } takes over`
      );
      const inbox = successorInbox(service.config.runtimeDirectory);
      // It ends this process when it can serve, and then removes the files of the old master.
      await waitForSuccessor(this.#system, successor, () => service.sendListenersTo(inbox));
    }
    const directory = service?.config.runtimeDirectory ?? directoryOf(this.#channelPath);
    const paths = directory === null ? [] : [directory];
    const isGone = cleanUp(this.#system, { channelPath: this.#channelPath, paths });
    this.#cleanedUp = isGone;
    void service?.log.write((logger) =>
      logger.warning("the channel to the master closed: finishing, then exiting")
    );
    this.#isOrphan = await isGone;
    // A master that lives has copies of the listeners and steers around this worker: they keep their places.
    if (this.#isOrphan) void service?.stopAccepting();
    await this.#leave(ExitCode.normal, !this.#isOrphan);
  }

  /**
   * `handedOver`: other workers get the new connections, if the master has copies of the listeners. `isRestart`: because
   * of a reload or an upgrade.
   */
  async #leave(code: ExitCode, handedOver: boolean, isRestart = false): Promise<void> {
    if (!handedOver) this.#service?.endSteering();
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    await this.#service?.finish(isRestart);
    await this.#appChannels.end();
    await this.#cleanedUp;
    if (this.#isOrphan) await this.#service?.leaveGroup();
    await this.#service?.log.written;
    this.#service?.close();
    this.#system.processes.endAsApp(code);
  }
}
