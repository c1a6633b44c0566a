/** What a worker logs. */

import { reasonOf } from "../core/reason.ts";
import type { DenicornError } from "../core/errors.ts";
import type { Timeout } from "../core/listeners/slow_connections.ts";
import { Throttle } from "../core/throttle.ts";
import { LogFile } from "../log/log_file.ts";
import type { Identity, Log, LogConfig, Logger } from "../log/logger.ts";
import type { System } from "../system/system.ts";
import type { DrainReport } from "./listeners/drain.ts";
import { clippedStack, type Fault } from "./http/faults.ts";
import { type InFlightRequest, pathOf, type RequestLine } from "./http/in_flight_requests.ts";
import { requestIdOf } from "./http/request_id.ts";

interface AppBundle {
  /** Its absolute path: stacks are shown without the frames that belong to no source. */
  readonly bundle: string;
}

/** Milliseconds between two lines about lost listeners. */
const lostInterval = 5_000;

/** The same for lines about connections without a header of the PROXY protocol. */
const proxyInterval = 60_000;

/** At most so many requests are named in one line. */
const maxNamed = 5;

/**
 * The error log of a worker. Loading the logging library takes a third of the time in which a worker starts, and most
 * workers never log anything: so it is loaded for the first line, or a second after the worker has started to listen.
 */
export class WorkerLog {
  readonly #system: System;
  readonly #config: LogConfig & AppBundle;
  readonly #identity: Identity;
  #loading: Promise<Log> | null = null;
  readonly #lostThrottle = new Throttle(lostInterval);
  readonly #proxyThrottle = new Throttle(proxyInterval);
  #wasLossLogged = false;
  #wasMessageLogged = false;
  #wasRefusalLogged = false;
  #written = Promise.resolve();

  /** Throws DenicornError `log-unwritable` if its file is required. */
  constructor(system: System, config: LogConfig & AppBundle, identity: Identity, isRequired: boolean) {
    this.#system = system;
    this.#config = config;
    this.#identity = identity;
    // A file that cannot be written to must fail the boot, not the first line.
    if (isRequired && config.errorLogfile !== "-") {
      new LogFile(system, { setting: "error-logfile", path: config.errorLogfile, stream: "stderr" }).close();
    }
  }

  /** Resolves when the line is written. */
  write(log: (logger: Logger) => void): Promise<void> {
    const line = this.load().then(({ logger }) => log(logger));
    this.#written = line.catch(() => {});
    return line;
  }

  /** Resolves when all lines so far are written. */
  get written(): Promise<void> {
    return this.#written;
  }

  load(): Promise<Log> {
    return this.#loading ??= import("../log/logger.ts").then(({ openLog }) => {
      try {
        return openLog(this.#system, this.#config, this.#identity);
      } catch {
        // The file could be written to at the boot. To log to stderr is better than to lose the line.
        return openLog(this.#system, { ...this.#config, errorLogfile: "-" }, this.#identity);
      }
    });
  }

  /** For the detail of a line: the lines of the app. */
  stackOf(error: unknown): string {
    return clippedStack(error, this.#config.bundle);
  }

  /** Reopens the file, if it has been opened. */
  async reopen(): Promise<void> {
    (await this.#loading)?.reopen();
  }

  fault({ request }: InFlightRequest, { text, thrown, requestId }: Fault): void {
    this.#requestError(request, requestId ?? requestIdOf(request), text, thrown);
  }

  /** The listeners of a WebSocket are called long after its request was answered. */
  socketFault(request: RequestLine, error: unknown): void {
    this.#requestError(request, requestIdOf(request), "a listener of the WebSocket threw", { value: error });
  }

  /** Once: clients may try again for ever. */
  webSocketRefused(request: RequestLine): void {
    if (this.#wasRefusalLogged) return;
    this.#wasRefusalLogged = true;
    const line = named(request, requestIdOf(request));
    void this.write((logger) =>
      logger
        .warning`${line}: WebSockets are refused: worker-class is sync, and each would hold its worker as long as it is \
open: use worker-class async, or serve them on another server`
    );
  }

  late(request: RequestLine, timeout: number): void {
    const line = named(request, requestIdOf(request));
    void this.write((logger) =>
      logger.warning`${line}: no answer after ${timeout / 1000} s (request-timeout): the client got a 504`
    );
  }

  /** Its handler goes on, and the worker is of the class sync. */
  stuck(request: RequestLine, timeout: number): void {
    const line = named(request, requestIdOf(request));
    void this.write((logger) =>
      logger.warning`${line}: the handler has not ended ${
        timeout / 1000
      } s after its 504, and with worker-class sync nothing runs beside it: replacing the worker: let the handler end when request.signal aborts`
    );
  }

  /** What a handler threw after its client had got a 504. */
  lateFault(request: RequestLine, error: unknown): void {
    this.#requestError(request, requestIdOf(request), "the app threw after request-timeout", {
      value: error,
    });
  }

  /** A hook of the config file for a request has failed. */
  hookFault(request: RequestLine, { message, detail }: Pick<DenicornError, "message" | "detail">): void {
    const requestId = requestIdOf(request);
    const line = named(request, requestId);
    void this.write((logger) => logger.with({ requestId, detail }).error`${line}: ${message}`);
  }

  #requestError(
    line: RequestLine,
    requestId: string | undefined,
    text: string,
    thrown: Fault["thrown"],
  ): void {
    const detail = thrown === undefined ? undefined : clippedStack(thrown.value, this.#config.bundle);
    const request = named(line, requestId);
    void this.write((logger) => logger.with({ requestId, detail }).error`${request}: ${text}`);
  }

  /** Resolves when the line is written. */
  appError(text: string, error: unknown): Promise<void> {
    const detail = this.stackOf(error);
    return this.write((logger) => logger.with({ detail }).error`${text}`);
  }

  /**
   * The runtime reports an error without its request when the body of a response fails. `sending` are the requests that
   * the app has answered and whose response is not sent in full: it is one of them.
   */
  bodyFault(error: unknown, sending: readonly InFlightRequest[]): void {
    const named = sending.slice(0, maxNamed).map(nameOf).join(", ");
    const others = sending.length > maxNamed ? ` and ${sending.length - maxNamed} more` : "";
    void this.appError(
      `the body of a response failed${named === "" ? "" : `, one of ${named}${others}`}`,
      error,
    );
  }

  /** Empty without requests in flight. Few are named. */
  inFlightText(entries: readonly InFlightRequest[]): string {
    if (entries.length === 0) return "";
    if (entries.length > maxNamed) return `, with ${entries.length} requests in flight`;
    return `, with ${entries.map(nameOf).join(", ")} in flight`;
  }

  slow(entry: InFlightRequest, ms: number): void {
    void this.write((logger) => logger.warning`slow request: ${describe(entry, ms)}, still running`);
  }

  listenersLost(isFull: boolean): void {
    this.#wasLossLogged = this.#lostThrottle.pass(this.#system.clock.monotonic()) !== null;
    if (!this.#wasLossLogged) return;
    const why = isFull
      ? `out of file descriptors, the limit is ${this.#system.openFiles.limit().soft}: raise LimitNOFILE= ` +
        "(systemd) or the hard limit (ulimit -Hn), or start more workers"
      : "its listener was closed";
    void this.write((logger) =>
      logger
        .error`not accepting connections: ${why}; existing connections are served, and it will listen again`
    );
  }

  listensAgain(): void {
    if (this.#wasLossLogged) void this.write((logger) => logger.info("accepting connections again"));
  }

  notAccepting(socket: string, error: unknown): void {
    void this.write((logger) =>
      logger.warning`cannot accept from ${socket} (${reasonOf(error)}): trying again and again`
    );
  }

  /** So many messages of the app's channels did not fit into what waits for the master. */
  notPosted(count: number): void {
    const messages = count === 1 ? "1 message" : `${count} messages`;
    void this.write((logger) =>
      logger.warning`${messages} of channels dropped: this worker posts more than the master takes: post less`
    );
  }

  notStored(reason: string): void {
    void this.write((logger) =>
      logger.warning`what the app stores (localStorage, caches) is lost with this ${"worker"}: ${reason}`
    );
  }

  /** Its Web Workers hear each other, in all threads of the process, and nobody else. */
  channelsApart(): void {
    void this.write((logger) =>
      logger
        .warning(
          "channels do not reach Web Workers of the app with worker-class threads: use worker-class async if they have to",
        )
    );
  }

  /** `ready` says what is known: the worker listens when the app is loaded. */
  sent(message: unknown): void {
    if (message === "ready" || this.#wasMessageLogged) return;
    this.#wasMessageLogged = true;
    void this.write((logger) =>
      logger.debug(
        "the app sends messages by process.send: they are ignored, because no process waits for them",
      )
    );
  }

  /** Connections of slow clients were ended. At `debug`: clients can make as many of them as they like. */
  slowClients(timeout: Timeout, count: number): void {
    void this.write((logger) =>
      logger.debug`${count} connection${count === 1 ? " was" : "s were"} closed (${timeout})`
    );
  }

  /** A connection was closed that has to begin with a header of the PROXY protocol. */
  proxyRefused(peer: string, because: "not-trusted" | "no-header"): void {
    const more = this.#proxyThrottle.pass(this.#system.clock.monotonic());
    if (more === null) return;
    const others = more === 0 ? "" : `, and ${more} others since the last line`;
    const reason = because === "not-trusted"
      ? "is not in forwarded-allow-ips, so its header of the PROXY protocol is not believed"
      : "sent no header of the PROXY protocol: let it send one, or serve it on another server without proxy-protocol";
    void this.write((logger) => logger.warning`closed a connection: ${peer} ${reason}${others}`);
  }

  /** What the drain waited for besides requests. `waited` in milliseconds. */
  async waitedForHeads({ cut, waited }: { readonly cut: number; readonly waited: number }): Promise<void> {
    if (cut === 0) return;
    const heads = cut === 1 ? "1 request" : `${cut} requests`;
    await this.write((logger) =>
      logger.info`waited ${(waited / 1000).toFixed(1)} s for the rest of the head of ${heads}: answered 408`
    );
  }

  /** Resolves when the line is written. */
  async cutOff({ cut, took }: DrainReport, entries: Iterable<InFlightRequest>): Promise<void> {
    if (cut === 0) return;
    const now = this.#system.clock.monotonic();
    const known = Array.from(entries);
    const named = known.slice(0, maxNamed).map((entry) => describe(entry, now - entry.since)).join(", ");
    const others = known.length > maxNamed ? `${known.length - maxNamed} more` : "";
    // A WebSocket counts as in flight, but its request has ended.
    const sockets = cut - known.length;
    const open = sockets > 0 ? `${sockets} WebSocket${sockets === 1 ? "" : "s"}` : "";
    const what = [named, others, open].filter((text) => text !== "").join(" and ");
    const requests = cut === 1 ? "1 request was" : `${cut} requests were`;
    const seconds = (took / 1000).toFixed(1);
    await this.write((logger) =>
      logger.warning`${requests} cut off after ${seconds} s (graceful-timeout): ${what}`
    );
  }
}

function nameOf({ request, details }: InFlightRequest): string {
  return named(request, details?.requestId ?? requestIdOf(request));
}

function named({ method, url }: RequestLine, requestId: string | undefined): string {
  return `${method} ${pathOf(url)}${requestId === undefined ? "" : ` (request id ${requestId})`}`;
}

function describe(entry: InFlightRequest, ms: number): string {
  return `${nameOf(entry)} for ${(ms / 1000).toFixed(1)} s`;
}
