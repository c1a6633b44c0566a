/**
 * The Unix sockets that a worker accepts from: those of the master, which all workers share, and those with `{slot}` in
 * their path, which it opens itself. The kernel has one queue for each socket, so a worker that leaves a shared one, in any
 * way, loses nothing that waits there.
 */

import { DenicornError } from "../../core/errors.ts";
import type { UnixSocket, WorkerConfig } from "../../protocol/messages.ts";
import { toSocketError } from "../../system/network/listen_error.ts";
import type { ServeOptions, ServeUnix, System, UnixServer, UnixSource } from "../../system/system.ts";
import type { Requests } from "../http/requests.ts";

interface Open {
  readonly source: UnixSource;
  server: UnixServer;
}

interface UnixListenersOptions {
  readonly requests: Pick<Requests, "lastEnd" | "http2">;
  readonly onError: ServeOptions["onError"];
}

/** Milliseconds between two checks. */
const checkInterval = 50;

/** Descriptors that must be free to accept again. */
const reserve = 16;

/** Milliseconds between two looks whether clients have taken their answers. */
const sendingPause = 50;

export class UnixListeners {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #options: UnixListenersOptions;
  #serve: ServeUnix | null = null;
  #open: readonly Open[] = [];
  #isLeaving = false;
  #leftAt = -Infinity;
  #nextCheck = 0;

  constructor(system: System, config: WorkerConfig, options: UnixListenersOptions) {
    this.#system = system;
    this.#config = config;
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  get servers(): readonly UnixServer[] {
    return this.#open.map(({ server }) => server);
  }

  /** Throws DenicornError if that is impossible. */
  open(serve: ServeUnix | null): void {
    const { unixSockets } = this.#config;
    // The worker listens again because its other listeners were lost.
    if (unixSockets.length === 0 || this.isOpen) return;
    if (serve === null) {
      throw new DenicornError(
        "app-address",
        `cannot listen: unix:${
          unixSockets[0]!.path
        } is not possible for apps of node:http: give --bind HOST:PORT`,
      );
    }
    this.#serve = serve;
    this.#open = unixSockets.map((socket) => {
      try {
        const source = this.#sourceOf(socket);
        return { source, server: this.#serveFrom(source) };
      } catch (error) {
        throw error instanceof DenicornError ? error : toSocketError(error, socket.path);
      }
    });
  }

  #sourceOf({ path, descriptor }: UnixSocket): UnixSource {
    if (descriptor === null) throw new Error(`${path} is not open`);
    return { path, descriptor };
  }

  #serveFrom(source: UnixSource): UnixServer {
    const { compress } = this.#config;
    return this.#serve!(source, { isCompressing: compress === true, onError: this.#options.onError });
  }

  /** Accepts again where the runtime has closed its listener, out of file descriptors. Call it at every heartbeat. */
  check(): void {
    const now = this.#system.clock.monotonic();
    if (!this.isOpen || this.#isLeaving || now < this.#nextCheck) return;
    this.#nextCheck = now + checkInterval;
    for (const each of this.#open) {
      if (each.server.isAccepting() || !this.#system.openFiles.hasAvailable(reserve)) continue;
      try {
        each.server = this.#serveFrom(each.source);
      } catch {
        // The next check tries again.
      }
    }
  }

  /**
   * Leaves new connections to the other workers, at once. Where nobody can connect any more, it accepts those that wait
   * until it ends: there may be no other worker.
   */
  leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#leftAt = this.#system.clock.monotonic();
    for (const { source, server } of this.#open) {
      if (!this.#system.unixSockets.isRefusing(source.descriptor)) server.leave();
    }
  }

  /** No master is left: nobody can connect any more. */
  refuse(): void {
    this.#open.forEach(({ source }) => this.#system.unixSockets.refuse(source.descriptor));
  }

  /** Milliseconds until all connections can be quiet: the kernel does not tell when they carried data. */
  untilQuiet(): number {
    if (!this.isOpen) return 0;
    const { requests: { lastEnd, http2 } } = this.#options;
    const since = Math.max(lastEnd, http2.lastEnd, this.#leftAt);
    const quiet = since + this.#config.drainIdle - this.#system.clock.monotonic();
    if (quiet > 0) return quiet;
    return this.isSending() ? sendingPause : 0;
  }

  /** Whether a client has not taken all that was sent to it. */
  isSending(): boolean {
    return this.#open.some(({ source }) => this.#system.unixSockets.isSending(source.path));
  }
}
