/** What a worker has from the moment it knows its orders: figures, listeners, requests, and how it finishes them. */

import { AccessLog } from "../log/access_log.ts";
import type { FromWorker, WorkerOrders } from "../protocol/messages.ts";
import type { FetchHandler, ServeOptions, System } from "../system/system.ts";
import { drain, type DrainReport } from "./drain.ts";
import type { Flight } from "./flights.ts";
import { leaveQuietly } from "./leave_quietly.ts";
import { Hearing } from "./hearing.ts";
import { type Listeners, openListeners } from "./listeners.ts";
import { logged } from "./logged_requests.ts";
import { Pulse } from "./pulse.ts";
import { Reports } from "./reports.ts";
import { Requests } from "./requests.ts";
import { openSlot, type Slot } from "./slot.ts";
import { WebSockets } from "./web_sockets.ts";

export interface ServiceEvents {
  readonly send: (message: FromWorker) => void;
  readonly onError: ServeOptions["onError"];
  readonly onSlow: (flight: Flight, ms: number) => void;
  /** No new connection is accepted any more; `isFull`: for want of files it may open. */
  readonly onDeaf: (isFull: boolean) => void;
}

const noListeners: Listeners = { servers: [], descriptors: [], isShared: false, kept: undefined };

export class Service {
  readonly requests: Requests;
  readonly slot: Slot;
  readonly accessLog: AccessLog | null;
  readonly #system: System;
  readonly #orders: WorkerOrders;
  readonly #events: ServiceEvents;
  readonly #pulse: Pulse;
  readonly #hearing: Hearing;
  readonly #webSockets: WebSockets;
  readonly #recalled = Promise.withResolvers<void>();
  #listeners: Listeners = noListeners;

  /** Throws DenicornError `log-unwritable`. */
  constructor(system: System, orders: WorkerOrders, events: ServiceEvents) {
    const { clock, host } = system;
    this.#system = system;
    this.#orders = orders;
    this.#events = events;
    this.slot = openSlot(system, orders.scoreboard, orders.slot);
    this.slot.writer.pid = host.pid;
    this.slot.writer.generation = orders.generation;
    this.slot.writer.origin = clock.wall() - clock.monotonic();
    this.slot.writer.state = "booting";
    this.requests = new Requests(this.slot.writer, clock);
    const reports = new Reports(clock, this.slot, this.requests.flights, {
      slowRequest: orders.slowRequest,
      onSlow: events.onSlow,
      send: (bytes) => events.send({ type: "figures", bytes }),
    });
    this.#pulse = new Pulse(clock, this.slot, this.requests, {
      interval: orders.beatInterval,
      restingInterval: orders.restingBeatInterval,
      onBeat: () => {
        reports.report();
        this.#hearing.look();
      },
    });
    this.#hearing = new Hearing(system, {
      onDeaf: (isFull) => {
        this.#letGo();
        events.onDeaf(isFull);
      },
      onCramped: () => {
        // Closes the connections that are kept without a request. With one in flight it might cut that, too.
        if (this.requests.inFlight === 0) {
          this.#listeners.servers.forEach((server) => void server.stopAccepting());
        }
      },
      onRoom: () => events.send({ type: "loaded" }),
    });
    this.#webSockets = new WebSockets(this.requests);
    system.network.onWebSocket((socket) => this.#webSockets.add(socket));
    const { accessLogfile, format } = orders.log;
    this.accessLog = accessLogfile === null ? null : new AccessLog(system, accessLogfile, format);
  }

  /** Listens and says so; again when it had gone deaf. Throws DenicornError for an address that cannot be had. */
  start(fetch: FetchHandler): void {
    const { clock } = this.#system;
    const { slot } = this.#orders;
    const handler = this.requests.count(
      this.accessLog === null ? fetch : logged(fetch, this.accessLog, clock, slot),
    );
    this.#listeners = openListeners(this.#system, this.#orders, this.#events.onError, handler);
    const { servers, kept, descriptors } = this.#listeners;
    this.#hearing.begin(descriptors);
    this.slot.writer.state = "ready";
    this.#pulse.start();
    this.#events.send({ type: "ready", addresses: servers.map((server) => server.address), kept });
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
    const { gracefulTimeout: deadline, drainIdle } = this.#orders;
    const { servers, descriptors, isShared } = this.#listeners;
    this.slot.writer.state = "draining";
    this.#webSockets.close();
    let took = 0;
    this.#hearing.cease();
    if (isShared) {
      const ports = servers.map((server) => server.address.port);
      const report = await leaveQuietly(this.requests, sockets, clock, {
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
      isBusy: this.#pulse.isBusy,
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
