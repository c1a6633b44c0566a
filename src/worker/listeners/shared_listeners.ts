/**
 * The sockets that a worker shares with others: the master has them, and says from which it accepts. The kernel has one
 * queue for each, so a worker that leaves one loses nothing that waits there.
 */

import { permissionsGivenUp } from "../../core/app_permissions.ts";
import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import { isInherited } from "../../system/network/inherited_source.ts";
import type {
  ServeShared,
  SharedServeOptions,
  SharedServer,
  SharedSource,
  System,
  TcpAddress,
} from "../../system/system.ts";
import type { Requests } from "../http/requests.ts";

interface SharedListenersOptions {
  readonly requests: Pick<Requests, "lastEnd" | "http2" | "total">;
  readonly serving: SharedServeOptions;
  /** For a while it could not accept from `address`, although there are file descriptors. Called once for each. */
  readonly onFailing: (address: string, error: unknown) => void;
}

/** Milliseconds between two checks. */
const checkInterval = 50;

/** Milliseconds in which an attempt to accept may fail without a word. */
const patience = 1_000;

/** Descriptors that must be free to accept again. */
const reserve = 16;

/** Milliseconds between two looks whether bytes are on their way. */
const secondLook = 30;

export class SharedListeners {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #options: SharedListenersOptions;
  #serve: ServeShared | null = null;
  #wanted: readonly SharedSource[] = [];
  readonly #servers = new Map<SharedSource, SharedServer>();
  /** Since when it has failed to accept from these; `Infinity` if that was reported. */
  readonly #failingSince = new Map<SharedSource, number>();
  #leftAt: number | null = null;
  #nextCheck = 0;
  /** The number of requests at the last look, if nothing was on its way then. */
  #quietAfter: number | null = null;

  constructor(system: System, config: WorkerConfig, options: SharedListenersOptions) {
    this.#system = system;
    this.#config = config;
    this.#options = options;
  }

  /** Those of TCP. */
  get addresses(): readonly TcpAddress[] {
    return this.#config.sharedSockets.filter((source) => "port" in source);
  }

  /** Whether there are any. */
  get isOpen(): boolean {
    return this.#config.sharedSockets.length > 0;
  }

  get servers(): readonly SharedServer[] {
    return Array.from(this.#servers.values());
  }

  /** From now on it can accept. Throws DenicornError if that is impossible. */
  open(serve: ServeShared | null): void {
    const [first] = this.#config.sharedSockets;
    if (first !== undefined && serve === null) {
      throw new DenicornError(
        "app-address",
        `cannot listen: ${addressOf(first)} is not possible for apps of node:http: give --bind HOST:PORT`,
      );
    }
    const unix = this.#config.sharedSockets.find((source) => "path" in source);
    if (unix !== undefined && permissionsGivenUp(this.#config.appPermissions).length > 0) {
      throw new DenicornError(
        "app-address",
        `cannot listen: ${
          addressOf(unix)
        } is a Unix socket, which a worker cannot serve without all permissions: leave out app-permissions`,
      );
    }
    this.#config.sharedSockets.filter((source) => "port" in source).forEach((source) =>
      requireStandIn(this.#system, source)
    );
    this.#serve = serve;
  }

  /** Accepts from these, by their numbers in the config, and leaves the others to other workers. */
  accept(numbers: readonly number[]): void {
    this.#wanted = numbers.flatMap((number) => this.#config.sharedSockets[number] ?? []);
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
    for (const source of this.#config.sharedSockets) {
      try {
        if (this.#wanted.includes(source)) this.#acceptFrom(source, this.#serve);
        else this.#servers.get(source)?.leave();
        if (this.#failingSince.get(source) !== Infinity) this.#failingSince.delete(source);
      } catch (error) {
        // The next check tries again.
        this.#noteFailure(source, error);
      }
    }
  }

  #noteFailure(source: SharedSource, error: unknown): void {
    // That is reported with the listeners, and passes.
    if (!this.#system.openFiles.hasAvailable(reserve)) return;
    const now = this.#system.clock.monotonic();
    const since = this.#failingSince.get(source) ?? now;
    const isReported = now - since >= patience;
    this.#failingSince.set(source, isReported ? Infinity : since);
    if (isReported) this.#options.onFailing(addressOf(source), error);
  }

  #acceptFrom(source: SharedSource, serve: ServeShared): void {
    const server = this.#servers.get(source);
    if (server !== undefined && server.state !== "closed") return server.accept();
    if (server !== undefined && !this.#system.openFiles.hasAvailable(reserve)) return;
    this.#servers.set(source, serve(source, this.#options.serving));
  }

  /**
   * Leaves new connections to the other workers, for good. Where nobody can connect any more, it accepts those that wait
   * until it ends: there may be no other worker. Those that wait at an inherited socket can be left to the next start.
   */
  leave(): void {
    if (this.#leftAt !== null) return;
    this.#leftAt = this.#system.clock.monotonic();
    for (const [source, server] of this.#servers) {
      try {
        const isLeft = isInherited(source) || !this.#system.unixSockets.isRefusing(source.descriptor);
        if (isLeft) server.leave();
      } catch {
        // It goes on to accept.
      }
    }
  }

  /** The master is gone: nobody can connect any more, unless a successor or who has started the server has the sockets. */
  refuse(): void {
    const { unixSockets, processes } = this.#system;
    for (const source of this.#config.sharedSockets) {
      const { descriptor } = source;
      if (isInherited(source)) this.#leaveOne(source);
      else if (!processes.isAlive(unixSockets.claimant(descriptor))) unixSockets.refuse(descriptor);
    }
  }

  #leaveOne(source: SharedSource): void {
    this.#wanted = this.#wanted.filter((wanted) => wanted !== source);
    try {
      this.#servers.get(source)?.leave();
    } catch {
      // It goes on to accept.
    }
  }

  /**
   * Milliseconds until all connections of Unix sockets can be quiet, or are looked at again: the kernel does not tell when they carried data.
   * Twice, because a request may have come while this process did not run, and timers fire before it is read.
   */
  untilQuiet(): number {
    if (this.#paths().size === 0) return 0;
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
    const paths = this.#paths();
    return paths.size > 0 && this.#system.unixSockets.areBytesWaiting(paths);
  }

  /** Of the Unix sockets among those that it has accepted from. */
  #paths(): ReadonlySet<string> {
    return new Set(
      Array.from(this.#servers.keys()).flatMap((source) => "path" in source ? [source.path] : []),
    );
  }
}

/**
 * The runtime first opens a TCP socket of its own, in whose place the inherited one then is. Where it may not, the worker
 * would be ready and answer nobody.
 */
function requireStandIn({ network }: System, source: SharedSource): void {
  try {
    network.probe({ hostname: "127.0.0.1", port: 0 });
  } catch (error) {
    throw new DenicornError(
      "bind-unavailable",
      `cannot listen: ${
        addressOf(source)
      } cannot be served, because a worker cannot open a socket on 127.0.0.1 first (${
        reasonOf(error)
      }): allow that (no SocketBindDeny= in the unit, a loopback interface), or pass a Unix socket`,
      { cause: error },
    );
  }
}

function addressOf(source: SharedSource): string {
  return isInherited(source) ? `fd://${source.descriptor}` : `unix:${source.path}`;
}
