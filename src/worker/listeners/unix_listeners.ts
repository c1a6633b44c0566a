/**
 * The Unix sockets that a worker accepts from: the master has opened them, and says from which. The kernel has one queue for
 * each, so a worker that leaves one loses nothing that waits there.
 */

import { DenicornError } from "../../core/errors.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import type { ServeOptions, ServeUnix, System, UnixServer, UnixSource } from "../../system/system.ts";
import type { Requests } from "../http/requests.ts";

interface UnixListenersOptions {
  readonly requests: Pick<Requests, "lastEnd" | "http2" | "total">;
  readonly onError: ServeOptions["onError"];
}

/** Milliseconds between two checks. */
const checkInterval = 50;

/** Descriptors that must be free to accept again. */
const reserve = 16;

/** Milliseconds between two looks whether bytes are on their way. */
const secondLook = 30;

export class UnixListeners {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #options: UnixListenersOptions;
  #serve: ServeUnix | null = null;
  #wanted: readonly UnixSource[] = [];
  readonly #servers = new Map<UnixSource, UnixServer>();
  #leftAt: number | null = null;
  #nextCheck = 0;
  /** The number of requests at the last look, if nothing was on its way then. */
  #quietAfter: number | null = null;

  constructor(system: System, config: WorkerConfig, options: UnixListenersOptions) {
    this.#system = system;
    this.#config = config;
    this.#options = options;
  }

  /** Whether there are any. */
  get isOpen(): boolean {
    return this.#config.unixSockets.length > 0;
  }

  get servers(): readonly UnixServer[] {
    return Array.from(this.#servers.values());
  }

  /** From now on it can accept. Throws DenicornError if that is impossible. */
  open(serve: ServeUnix | null): void {
    const [first] = this.#config.unixSockets;
    if (first !== undefined && serve === null) {
      throw new DenicornError(
        "app-address",
        `cannot listen: unix:${first.path} is not possible for apps of node:http: give --bind HOST:PORT`,
      );
    }
    this.#serve = serve;
  }

  /** Accepts from these, by their numbers in the config, and leaves the others to other workers. */
  accept(numbers: readonly number[]): void {
    this.#wanted = numbers.flatMap((number) => this.#config.unixSockets[number] ?? []);
    this.#update();
  }

  /** Accepts again where the runtime has closed its listener, out of file descriptors. Call it at every heartbeat. */
  check(): void {
    const now = this.#system.clock.monotonic();
    if (this.#wanted.length === 0 || now < this.#nextCheck) return;
    this.#nextCheck = now + checkInterval;
    if (this.#wanted.some((source) => this.#servers.get(source)?.state !== "accepting")) this.#update();
  }

  #update(): void {
    if (this.#leftAt !== null || this.#serve === null) return;
    for (const source of this.#config.unixSockets) {
      try {
        if (this.#wanted.includes(source)) this.#acceptFrom(source, this.#serve);
        else this.#servers.get(source)?.leave();
      } catch {
        // The next check tries again.
      }
    }
  }

  #acceptFrom(source: UnixSource, serve: ServeUnix): void {
    const server = this.#servers.get(source);
    if (server !== undefined && server.state !== "closed") return server.accept();
    if (server !== undefined && !this.#system.openFiles.hasAvailable(reserve)) return;
    const { compress } = this.#config;
    const { onError } = this.#options;
    this.#servers.set(source, serve(source, { isCompressing: compress === true, onError }));
  }

  /**
   * Leaves new connections to the other workers, for good. Where nobody can connect any more, it accepts those that wait
   * until it ends: there may be no other worker.
   */
  leave(): void {
    if (this.#leftAt !== null) return;
    this.#leftAt = this.#system.clock.monotonic();
    for (const [{ descriptor }, server] of this.#servers) {
      try {
        if (!this.#system.unixSockets.isRefusing(descriptor)) server.leave();
      } catch {
        // It goes on to accept.
      }
    }
  }

  /** The master is gone: nobody can connect any more, unless a successor has the sockets. */
  refuse(): void {
    const { unixSockets, processes } = this.#system;
    for (const { descriptor } of this.#config.unixSockets) {
      if (!processes.isAlive(unixSockets.claimant(descriptor))) unixSockets.refuse(descriptor);
    }
  }

  /**
   * Milliseconds until all connections can be quiet, or are looked at again: the kernel does not tell when they carried data.
   * Twice, because a request may have come while this process did not run, and timers fire before it is read.
   */
  untilQuiet(): number {
    if (this.#servers.size === 0) return 0;
    const { requests: { lastEnd, http2, total } } = this.#options;
    const since = Math.max(lastEnd, http2.lastEnd, this.#leftAt ?? -Infinity);
    const quiet = since + this.#config.drainIdle - this.#system.clock.monotonic();
    if (quiet > 0) return quiet;
    const wasQuiet = this.#quietAfter === total;
    this.#quietAfter = this.areBytesWaiting() ? null : total;
    return wasQuiet && this.#quietAfter !== null ? 0 : secondLook;
  }

  /** Whether a client has not taken all that was sent to it, or this worker has not read what a client has sent. */
  areBytesWaiting(): boolean {
    const paths = new Set(this.#servers.keys().map(({ path }) => path));
    return paths.size > 0 && this.#system.unixSockets.areBytesWaiting(paths);
  }
}
