/**
 * The listening sockets of a worker: opened in the order of the addresses, copied to the master, and watched. If
 * accepting fails once because the process is out of file descriptors (EMFILE), the runtime closes the listener and
 * never accepts again; Deno 2.7 does not even report it before the last connection has ended. The sockets go on listening
 * all the same (`kept_sockets.ts`), and are accepted from again when there are file descriptors for that. Where they
 * cannot be kept, the worker serves the connections it has, and listens again later.
 */

import { sleepThroughTurns } from "../../system/clock.ts";
import type { WorkerConfig } from "../../protocol/messages.ts";
import { toListenError } from "../../system/network/listen_error.ts";
import { KeptSockets } from "./kept_sockets.ts";
import { DenicornError } from "../../core/errors.ts";
import type {
  HttpServer,
  Serve,
  ServeOptions,
  SharedServeOptions,
  System,
  TcpAddress,
} from "../../system/system.ts";

/** An address, and how it is served. */
export interface Served {
  readonly address: TcpAddress;
  readonly serve: Serve;
}

interface ListenersOptions {
  readonly serving: SharedServeOptions;
  /** Those on which this worker has connections. */
  readonly ports: () => ReadonlySet<number>;
  /** Whether no request is in flight, and the last response has left the process. */
  readonly isIdle: () => boolean;
  /** Too few file descriptors are free and no connection could be ended, or enough are free again. */
  readonly onScarce: (isScarce: boolean) => void;
  /** The listeners are lost; `isFull`: because the process is out of file descriptors. */
  readonly onLost: (isFull: boolean) => void;
  /** There are file descriptors to listen again. Called repeatedly until `open` is. */
  readonly onAvailable: () => void;
  /** Ends up to `count` connections that wait for another request while others are answered. */
  readonly endKept: (count: number) => void;
}

/**
 * Descriptors to keep free, for connections that arrive until the next check, and for listening again: many of them
 * where the limit allows it.
 */
const reserve = { least: 16, most: 256, share: 1 / 8 };

/** Milliseconds between two checks. */
const checkInterval = 50;

/**
 * Milliseconds to read what the master has sent: it closes the listeners of a worker that stops, and where the event
 * loop was blocked, the worker sees that before it reads that it should stop.
 */
const wordsOfMaster = 20;

export class Listeners {
  readonly #system: System;
  readonly #config: WorkerConfig;
  readonly #options: ListenersOptions;
  #servers: readonly HttpServer[] = [];
  /** Of the listening sockets; empty if the system does not say. */
  #descriptors: readonly number[] = [];
  readonly #kept: KeptSockets;
  #served: readonly Served[] = [];
  #isShared = false;
  #state: "ignored" | "listening" | "doubtful" | "lost" = "ignored";
  #nextCheck = 0;
  #isScarce = false;
  #isAwaitingNew = false;

  constructor(system: System, config: WorkerConfig, options: ListenersOptions) {
    this.#system = system;
    this.#config = config;
    this.#options = options;
    this.#kept = new KeptSockets(system);
  }

  /** One for each address. */
  get servers(): readonly HttpServer[] {
    return this.#servers;
  }

  get addresses(): TcpAddress[] {
    return this.#servers.map(({ address }) => address);
  }

  get descriptors(): readonly number[] {
    return this.#descriptors;
  }

  /** The master has copies of the sockets, so it can move new connections to other workers. */
  get isShared(): boolean {
    return this.#isShared;
  }

  /** Returns why the master did not get copies it wanted. Throws DenicornError for an address that is not available. */
  open(served: readonly Served[]): string | undefined {
    const servers: HttpServer[] = [];
    const descriptors: number[] = [];
    for (const { address, serve } of served) {
      const before = this.#ownListeners();
      try {
        servers.push(serve({ ...this.#serveOptions, address }));
      } catch (error) {
        // The master does not know these, so it could not steer around them.
        servers.forEach((server) => void server.stopAccepting());
        throw error instanceof DenicornError ? error : toListenError(error, address);
      }
      descriptors.push(...this.#ownListeners().filter((descriptor) => !before.includes(descriptor)));
    }
    this.#servers = servers;
    this.#descriptors = descriptors;
    this.#served = served;
    this.#kept.keep(descriptors);
    this.#state = "listening";
    return this.#share();
  }

  #share(): string | undefined {
    const { fdInbox, sharedSockets } = this.#config;
    const { length } = this.#served;
    // The master has the shared sockets anyway.
    this.#isShared = fdInbox !== null && length === 0 && sharedSockets.length > 0;
    if (fdInbox === null || length === 0) return undefined;
    try {
      if (this.#descriptors.length !== length) {
        throw new Error("the listening sockets were not found");
      }
      this.#system.descriptors.sendOver(fdInbox, this.#descriptors);
      this.#isShared = true;
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Sends copies to another master as well. False if it has no inbox at that path yet, or there is nothing to send. */
  sendTo(inbox: string): boolean {
    if (!this.#isShared) return false;
    try {
      const isPaused = !this.#areAccepting && this.#kept.areListening;
      this.#system.descriptors.send(inbox, "", isPaused ? this.#kept.descriptors : this.#descriptors);
      return true;
    } catch {
      return false;
    }
  }

  /** Empty if the system does not say. */
  #ownListeners(): number[] {
    try {
      return this.#system.sockets.listeners().map(({ descriptor }) => descriptor);
    } catch {
      return [];
    }
  }

  /** From now on the sockets may be closed. */
  ignore(): void {
    this.#state = "ignored";
    if (this.#areAccepting) this.#kept.close();
    else if (this.#kept.areListening) this.#descriptors = this.#kept.descriptors;
  }

  /** The sockets have been closed. */
  forget(): void {
    this.#descriptors = [];
    this.#kept.close();
  }

  /** Checks the sockets; call it at every heartbeat. */
  check(): void {
    const { clock } = this.#system;
    const now = clock.monotonic();
    if (now < this.#nextCheck) return;
    this.#nextCheck = now + checkInterval;
    if (this.#state === "lost") return this.#tryAgain();
    if (this.#state !== "listening") return;
    const areAccepting = this.#areAccepting;
    if (areAccepting || this.#kept.areListening) {
      if (!this.#hasReserve()) return this.#makeRoom();
      if (areAccepting || this.#acceptAgain()) return;
    }
    if (!this.#hasReserve()) return this.#lose(true);
    this.#state = "doubtful";
    void sleepThroughTurns(clock, wordsOfMaster).then(() => {
      if (this.#state === "doubtful") this.#lose(false);
    });
  }

  /** Whether the runtime still has all of its sockets. */
  get #areAccepting(): boolean {
    return this.#descriptors.every((descriptor) => this.#system.sockets.isListening(descriptor));
  }

  get #serveOptions(): Omit<ServeOptions, "address"> {
    return { ...this.#options.serving, backlog: this.#config.backlog };
  }

  /** The runtime accepts again from the sockets that it has closed. False if that is impossible. */
  #acceptAgain(): boolean {
    const servers = [...this.#servers];
    const descriptors = [...this.#descriptors];
    this.#servers = servers;
    this.#descriptors = descriptors;
    const closed = descriptors.flatMap((descriptor, index) =>
      this.#system.sockets.isListening(descriptor) ? [] : [index]
    );
    try {
      for (const index of closed) {
        const { address } = servers[index]!;
        const found = this.#kept.serve(
          index,
          address,
          this.#serveOptions,
          this.#served[index]!.serve,
          () => this.#ownListeners(),
        );
        servers[index] = found.server;
        descriptors[index] = found.descriptor;
      }
      return true;
    } catch {
      return false;
    }
  }

  #lose(isFull: boolean): void {
    this.#state = "lost";
    this.#closeOthers();
    this.#options.onLost(isFull);
  }

  #tryAgain(): void {
    if (this.#hasReserve()) return this.#options.onAvailable();
    this.#makeRoom();
  }

  /** True where the system does not say. */
  #hasReserve(): boolean {
    let hasReserve = true;
    try {
      const { openFiles } = this.#system;
      const wanted = Math.floor(openFiles.limit().soft * reserve.share);
      hasReserve = openFiles.hasAvailable(Math.max(reserve.least, Math.min(reserve.most, wanted)));
    } catch {
      // Then nothing is known of a limit.
    }
    if (hasReserve) this.#setScarce(false);
    return hasReserve;
  }

  /**
   * Ends some connections without a request: the silent ones, and only if there is no request at all also kept ones,
   * because from outside a kept connection looks the same while its request is being answered. If there is none to end,
   * each kept one ends after its next response; and if there still is none at the next check, now or soon, those that are
   * known to wait for another request.
   */
  #makeRoom(): void {
    const { ended, tooNew } = this.#system.sockets.endIdle(
      this.#options.ports(),
      reserve.least,
      !this.#options.isIdle(),
    );
    // New ones send a request soon, or can be ended at the next check.
    this.#isAwaitingNew = ended === 0 && tooNew > 0 && !this.#isAwaitingNew;
    if (ended > 0 || this.#isAwaitingNew) return;
    if (this.#isScarce && tooNew === 0) this.#options.endKept(reserve.least);
    this.#setScarce(true);
  }

  #setScarce(isScarce: boolean): void {
    if (isScarce === this.#isScarce) return;
    this.#isScarce = isScarce;
    this.#options.onScarce(isScarce);
  }

  /** All listeners of a worker join and leave their groups together. */
  #closeOthers(): void {
    this.#servers
      .filter((_, index) => this.#system.sockets.isListening(this.#descriptors[index]!))
      .forEach((server) => void server.stopAccepting());
    this.#descriptors = [];
    this.#kept.close();
    this.#isShared = false;
  }
}
