/** How a worker leaves its addresses and finishes its requests: steered as long as others get its connections, else alone. */

import type { WorkerConfig } from "../../protocol/messages.ts";
import type { System } from "../../system/system.ts";
import { isPlainPort } from "../app/served_program.ts";
import { offersHttp2 } from "../http/http2_drain.ts";
import type { Requests } from "../http/requests.ts";
import { activeConnection } from "./active_connection.ts";
import { drain, type DrainReport } from "./drain.ts";
import { drainSteered } from "./drain_steered.ts";
import { Goaways } from "./goaways.ts";
import { leaveAddresses } from "./leave_addresses.ts";
import type { Listeners } from "./listeners.ts";
import type { SlowClients } from "./slow_clients.ts";
import type { SharedListeners } from "./shared_listeners.ts";

interface Parts {
  readonly requests: Requests;
  readonly listeners: Listeners;
  readonly shared: SharedListeners;
  /** Those on which this worker has connections. */
  readonly ports: () => ReadonlySet<number>;
  readonly slowClients: SlowClients;
  /** Whether there were requests recently. */
  readonly isBusy: () => boolean;
  /** No more connections are accepted. */
  readonly onClosed: () => void;
}

/**
 * Milliseconds for handshakes that have begun when a worker without steering stops listening. Clients that come in this
 * time try again after a second, so it is not longer than most round trips.
 */
const handshakeTime = 100;

export class Draining {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #parts: Parts;
  readonly #steeringEnded = Promise.withResolvers<void>();

  constructor(system: System, config: WorkerConfig, parts: Parts) {
    this.#system = system;
    this.#config = config;
    this.#parts = parts;
  }

  /** New connections are no longer steered to other workers. */
  endSteering(): void {
    this.#steeringEnded.resolve();
  }

  /** Leaves the addresses to another process at once; requests in flight go on. */
  async leaveAddresses(): Promise<void> {
    const { listeners, shared, isBusy } = this.#parts;
    shared.refuse();
    await leaveAddresses(this.#system, listeners.descriptors, isBusy() ? this.#config.drainIdle : 0);
  }

  /** Leaves new requests to other workers. Where the master does not steer, it also leaves the addresses. */
  async leave(): Promise<void> {
    const { requests, listeners, shared } = this.#parts;
    requests.startDraining();
    shared.leave();
    if (!listeners.isShared) await leaveAddresses(this.#system, listeners.descriptors, 0);
  }

  /** Resolves when all requests have ended, or at the deadline. */
  async finish(): Promise<DrainReport> {
    const { clock, sockets, network } = this.#system;
    const { gracefulTimeout: deadline, drainIdle } = this.#config;
    const { requests, slowClients, listeners, shared } = this.#parts;
    const { descriptors, addresses, isShared } = listeners;
    const servers = [...listeners.servers, ...shared.servers];
    shared.leave();
    const ports = this.#parts.ports();
    let took = 0;
    const hasHttp2OverTls = offersHttp2(this.#config, network);
    const isPlain = (port: number) => isPlainPort(port, this.#config);
    const keepHttp2 = () => this.#keepHttp2(ports, isPlain);
    if (!network.drainsHttp2) {
      const goaways = new Goaways(this.#system, requests, { ports, isPlain });
      requests.http2.onFound = (port, isSure) => goaways.add(port, isSure);
      requests.http2.heldBack = (port) => goaways.heldBack(port);
    }
    // Other workers accept from the shared sockets, whether the master steers or not.
    if (isShared || (addresses.length === 0 && shared.isOpen)) {
      const report = await drainSteered(requests, sockets, clock, {
        deadline,
        drainIdle,
        steeringEnded: this.#steeringEnded.promise,
        listeners: descriptors,
        ports,
        heads: () => slowClients.headsNow(),
        untilOthersQuiet: () => shared.untilQuiet(),
        offersHttp2: hasHttp2OverTls,
        goAway: network.drainsHttp2 || hasHttp2OverTls
          ? () => {
            keepHttp2();
            servers.forEach((server) => void server.stopAccepting());
          }
          : null,
      });
      if (!report.hasSteeringEnded) return report;
      took = report.took;
    }
    const untilIdle = async () => Math.max(shared.untilQuiet(), await this.#untilIdle(ports));
    const report = await drain(servers, requests, clock, {
      deadline: deadline - took,
      isBusy: this.#parts.isBusy() || await untilIdle() > 0,
      untilIdle,
      heads: () => slowClients.headsNow(),
      isSending: async () => shared.areBytesWaiting() || await this.#isSending(ports),
      keepHttp2,
      leaveAddresses: () => leaveAddresses(this.#system, descriptors, Math.min(drainIdle, handshakeTime)),
      onClosed: () => {
        listeners.forget();
        this.#parts.onClosed();
      },
    });
    return { ...report, took: took + report.took };
  }

  /**
   * The runtime closes such a connection when the kernel has all that is to be sent. A WINDOW_UPDATE that comes then would be
   * answered with a reset, and what is left of a download would be lost; with a second descriptor it stays open.
   */
  #keepHttp2(ports: ReadonlySet<number>, isPlain: (port: number) => boolean): boolean {
    const { sockets } = this.#system;
    const { http2 } = this.#parts.requests;
    let areKept = false;
    try {
      for (const { descriptor, peerPort } of sockets.look(ports, 0, Infinity, isPlain).looks) {
        if (!http2.ports.has(peerPort)) continue;
        sockets.keep(descriptor);
        areKept = true;
      }
    } catch {
      // This system cannot say, or has no descriptors left.
    }
    return areKept;
  }

  /** Milliseconds until every connection can have been idle for `drain-idle`. */
  async #untilIdle(ports: ReadonlySet<number>): Promise<number> {
    const { clock, sockets } = this.#system;
    const { drainIdle } = this.#config;
    try {
      const active = await activeConnection(sockets, clock, {
        ports,
        recent: drainIdle,
        isOver: () => false,
      });
      return active === null ? 0 : drainIdle - active.idle;
    } catch {
      // This system cannot say.
      return 0;
    }
  }

  async #isSending(ports: ReadonlySet<number>): Promise<boolean> {
    const { clock, sockets } = this.#system;
    try {
      // Data that a client has not acknowledged makes its connection active now.
      return await activeConnection(sockets, clock, { ports, recent: 1, isOver: () => false }) !== null;
    } catch {
      // This system cannot say.
      return false;
    }
  }
}
