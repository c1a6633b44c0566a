/** What a worker has from the moment it knows its orders: figures, listeners, requests, and how it finishes them. */

import { AccessLog } from "../log/access_log.ts";
import type { FromWorker, WorkerConfig } from "../protocol/messages.ts";
import type { FetchHandler, ServeOptions, System } from "../system/system.ts";
import { drain, type DrainReport } from "./drain.ts";
import type { InFlightRequest } from "./in_flight_requests.ts";
import { drainSteered } from "./drain_steered.ts";
import { ListenerWatch } from "./listener_watch.ts";
import { type Listeners, openListeners } from "./listeners.ts";
import { logged } from "./logged_requests.ts";
import { Heartbeat } from "./heartbeat.ts";
import { Reports } from "./reports.ts";
import { Requests } from "./requests.ts";
import { openSlot, type Slot } from "./slot.ts";
import { WebSockets } from "./web_sockets.ts";

export interface ServiceEvents {
  readonly send: (message: FromWorker) => void;
  readonly onError: ServeOptions["onError"];
  readonly onSlow: (inFlightRequest: InFlightRequest, ms: number) => void;
  /** No new connection is accepted any more; `isFull`: for want of files it may open. */
  readonly onListenerLost: (isFull: boolean) => void;
}

const noListeners: Listeners = { servers: [], descriptors: [], isShared: false, sharingFailure: undefined };

export class Service {
  readonly requests: Requests;
  readonly slot: Slot;
  readonly accessLog: AccessLog | null;
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #events: ServiceEvents;
  readonly #heartbeat: Heartbeat;
  readonly #listenerWatch: ListenerWatch;
  readonly #webSockets: WebSockets;
  readonly #recalled = Promise.withResolvers<void>();
  #listeners: Listeners = noListeners;

  /** Throws DenicornError `log-unwritable`. */
  constructor(system: System, config: WorkerConfig, events: ServiceEvents) {
    const { clock, host } = system;
    this.#system = system;
    this.#config = config;
    this.#events = events;
    this.slot = openSlot(system, config.scoreboard, config.slot);
    this.slot.writer.pid = host.pid;
    this.slot.writer.generation = config.generation;
    this.slot.writer.origin = clock.wall() - clock.monotonic();
    this.slot.writer.state = "booting";
    this.requests = new Requests(this.slot.writer, clock);
    const reports = new Reports(clock, this.slot, this.requests.inFlightRequests, {
      slowRequest: config.slowRequest,
      onSlow: events.onSlow,
      send: (bytes) => events.send({ type: "counters", bytes }),
    });
    this.#heartbeat = new Heartbeat(clock, this.slot, this.requests, {
      interval: config.heartbeatInterval,
      restingInterval: config.restingHeartbeatInterval,
      onHeartbeat: () => {
        reports.report();
        this.#listenerWatch.poll();
      },
    });
    this.#listenerWatch = new ListenerWatch(system, {
      onListenerLost: (isFull) => {
        this.#letGo();
        events.onListenerLost(isFull);
      },
      onOutOfDescriptors: () => {
        // Closes the connections that are kept without a request. With one in flight it might cut that, too.
        if (this.requests.inFlight === 0) {
          this.#listeners.servers.forEach((server) => void server.stopAccepting());
        }
      },
      onDescriptorsAvailable: () => events.send({ type: "loaded" }),
    });
    this.#webSockets = new WebSockets(this.requests);
    system.network.onWebSocket((socket) => this.#webSockets.add(socket));
    const { accessLogfile, format } = config.log;
    this.accessLog = accessLogfile === null ? null : new AccessLog(system, accessLogfile, format);
  }

  /** Listens and says so; again when it had gone deaf. Throws DenicornError for an address that cannot be had. */
  start(fetch: FetchHandler): void {
    const { clock } = this.#system;
    const { slot } = this.#config;
    const handler = this.requests.count(
      this.accessLog === null ? fetch : logged(fetch, this.accessLog, clock, slot),
    );
    this.#listeners = openListeners(this.#system, this.#config, this.#events.onError, handler);
    const { servers, sharingFailure, descriptors } = this.#listeners;
    this.#listenerWatch.begin(descriptors);
    this.slot.writer.state = "ready";
    this.#heartbeat.start();
    this.#events.send({ type: "ready", addresses: servers.map((server) => server.address), sharingFailure });
  }

  /** One listener is lost: the others go too, for they join and leave the group together. */
  #letGo(): void {
    const { servers, descriptors } = this.#listeners;
    const { sockets } = this.#system;
    servers.filter((_, index) => sockets.isListening(descriptors[index]!))
      .forEach((server) => void server.stopAccepting());
    this.#listeners = { ...this.#listeners, descriptors: [], isShared: false };
    this.#events.send({ type: "closed" });
  }

  /** Nobody takes its new connections any more. */
  recall(): void {
    this.#recalled.resolve();
  }

  /** Settles when all is finished, or the deadline has come. */
  async finish(): Promise<DrainReport> {
    const { clock, sockets } = this.#system;
    const { gracefulTimeout: deadline, drainIdle } = this.#config;
    const { servers, descriptors, isShared } = this.#listeners;
    this.slot.writer.state = "draining";
    this.#webSockets.close();
    let took = 0;
    this.#listenerWatch.cease();
    if (isShared) {
      const ports = servers.map((server) => server.address.port);
      const report = await drainSteered(this.requests, sockets, clock, {
        deadline,
        drainIdle,
        recalled: this.#recalled.promise,
        listeners: descriptors.map((descriptor, index) => ({ descriptor, port: ports[index]! })),
      });
      if (!report.recalled) return report;
      took = report.took;
    }
    const report = await drain(servers, this.requests, clock, {
      deadline: deadline - took,
      isBusy: this.#heartbeat.isBusy,
      isSending: () => this.#isSending,
      onClosed: () => this.#events.send({ type: "closed" }),
    });
    return { ...report, took: took + report.took };
  }

  get #isSending(): boolean {
    const { sockets } = this.#system;
    try {
      return this.#listeners.servers.some(({ address: { port } }) =>
        sockets.connections(port).some(({ idle }) => idle === 0)
      );
    } catch {
      // This system does not tell.
      return false;
    }
  }
}
