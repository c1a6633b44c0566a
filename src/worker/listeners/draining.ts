/** How a worker leaves its addresses and finishes its requests: steered as long as others get its connections, else alone. */

import type { WorkerConfig } from "../../protocol/messages.ts";
import type { System } from "../../system/system.ts";
import { offersHttp2 } from "../http/http2_drain.ts";
import type { Requests } from "../http/requests.ts";
import { activeConnection } from "./active_connection.ts";
import { drain, type DrainReport } from "./drain.ts";
import { drainSteered } from "./drain_steered.ts";
import { leaveAddresses } from "./leave_addresses.ts";
import type { Listeners } from "./listeners.ts";
import type { SlowClients } from "./slow_clients.ts";
import type { UnixListeners } from "./unix_listeners.ts";

interface Parts {
  readonly requests: Requests;
  readonly listeners: Listeners;
  readonly unix: UnixListeners;
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
    const { listeners, unix, isBusy } = this.#parts;
    unix.refuse();
    await leaveAddresses(this.#system, listeners.descriptors, isBusy() ? this.#config.drainIdle : 0);
  }

  /** Resolves when all requests have ended, or at the deadline. */
  async finish(): Promise<DrainReport> {
    const { clock, sockets, network } = this.#system;
    const { gracefulTimeout: deadline, drainIdle } = this.#config;
    const { requests, slowClients, listeners, unix } = this.#parts;
    const { descriptors, addresses, isShared } = listeners;
    const servers = [...listeners.servers, ...unix.servers];
    unix.leave();
    const ports = new Set(addresses.map(({ port }) => port));
    let took = 0;
    // Other workers accept from the Unix sockets, whether the master steers or not.
    if (isShared || (addresses.length === 0 && unix.isOpen)) {
      const report = await drainSteered(requests, sockets, clock, {
        deadline,
        drainIdle,
        steeringEnded: this.#steeringEnded.promise,
        listeners: descriptors,
        ports,
        heads: () => slowClients.headsNow(),
        untilOthersQuiet: () => unix.untilQuiet(),
        offersHttp2: offersHttp2(this.#config, network),
        goAway: () => servers.forEach((server) => void server.stopAccepting()),
      });
      if (!report.hasSteeringEnded) return report;
      took = report.took;
    }
    const untilIdle = async () => Math.max(unix.untilQuiet(), await this.#untilIdle(ports));
    const report = await drain(servers, requests, clock, {
      deadline: deadline - took,
      isBusy: this.#parts.isBusy() || await untilIdle() > 0,
      untilIdle,
      heads: () => slowClients.headsNow(),
      isSending: async () => unix.areBytesWaiting() || await this.#isSending(ports),
      leaveAddresses: () => leaveAddresses(this.#system, descriptors, Math.min(drainIdle, handshakeTime)),
      onClosed: () => {
        listeners.forget();
        this.#parts.onClosed();
      },
    });
    return { ...report, took: took + report.took };
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
