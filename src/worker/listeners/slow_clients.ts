/**
 * Ends connections whose clients are slow: silent ones, heads and bodies that do not come, answers that are not taken, and
 * those that are kept for nothing. The runtime has none of these time-outs. Now and then it looks at all connections from
 * outside, a batch at a time; requests cost nothing.
 */

import {
  type ConnectionLimits,
  type ConnectionLook,
  type ConnectionRecord,
  isUnchanged,
  judge,
  pausePerConnection,
  type Timeout,
} from "../../core/listeners/slow_connections.ts";
import { sleep, sleepThroughTurns } from "../../system/clock.ts";
import { isAwaitingBody } from "../../system/network/requests/awaited_body.ts";
import type { System } from "../../system/system.ts";
import type { Peers } from "../http/peers.ts";
import type { Requests } from "../http/requests.ts";

interface SlowClientsOptions {
  readonly limits: ConnectionLimits;
  /** Those on which the worker listens. */
  readonly ports: () => ReadonlySet<number>;
  readonly isPlain: (port: number) => boolean;
  readonly onEnded: (timeout: Timeout, count: number) => void;
}

interface Passed {
  readonly record: ConnectionRecord;
  readonly timeout: Timeout;
}

/** Descriptors per turn of the event loop: half a millisecond. With 512, the p99 of other requests doubled. */
const batch = 128;

/** Connections that are ended in one turn of the event loop. */
const endings = 32;

/** Milliseconds between two rounds. */
const rounds = { least: 50, most: 2_000, share: 1 / 5, draining: 200 };

/** While draining, at most: others wait for this worker to end. Milliseconds. */
const headerTimeoutOfDrain = 5_000;

/**
 * Milliseconds from the decision until it is carried out. A request that was answered in the meantime, or that the event
 * loop was too busy to read before, changes what is seen.
 */
const confirmation = 200;

/** Idle connections are closed once this share of the file limit is connections. */
const fullShare = 0.9;

export class SlowClients {
  readonly #system: Pick<System, "sockets" | "clock" | "openFiles">;
  readonly #requests: Pick<Requests, "peers" | "failed">;
  readonly #options: SlowClientsOptions;
  #limits: ConnectionLimits;
  /** By descriptor. */
  #records: ReadonlyMap<number, ConnectionRecord> = new Map();
  #round: Promise<void> | null = null;
  #cancel: () => void = () => {};
  #drainingSince: number | null = null;
  #headsUntil = -Infinity;
  #cutHeads = 0;

  constructor(
    system: Pick<System, "sockets" | "clock" | "openFiles">,
    requests: Pick<Requests, "peers" | "failed">,
    options: SlowClientsOptions,
  ) {
    this.#system = system;
    this.#requests = requests;
    this.#options = options;
    this.#limits = options.limits;
  }

  start(): void {
    const { keepAlive, headerTimeout, bodyTimeout, writeTimeout } = this.#limits;
    const limits = [keepAlive, headerTimeout, bodyTimeout, writeTimeout].filter((limit) => limit > 0);
    const wanted = Math.min(...limits) * rounds.share;
    this.#repeat(Math.max(rounds.least, Math.min(rounds.most, wanted)));
  }

  #repeat(interval: number): void {
    this.#cancel();
    let next = 0;
    this.#cancel = this.#system.clock.every(interval, () => {
      const now = this.#system.clock.monotonic();
      if (now < next) return;
      next = now + pausePerConnection * this.#records.size;
      void this.look();
    });
  }

  /** From now on heads have less time. One that has begun keeps what it has left, if that is less. */
  startDraining(): void {
    const { headerTimeout: given } = this.#options.limits;
    const headerTimeout = Math.min(given || Infinity, headerTimeoutOfDrain);
    this.#limits = { ...this.#limits, headerTimeout };
    const now = this.#drainingSince = this.#system.clock.monotonic();
    const longer = given === 0 ? Infinity : given - headerTimeout;
    this.#records = new Map(
      Array.from(this.#records, ([descriptor, record]) => {
        const since = record.phase === "head" ? Math.min(record.since + longer, now) : record.since;
        return [descriptor, { ...record, since }];
      }),
    );
    this.#repeat(rounds.draining);
  }

  /** Looks how many clients have begun a request and not finished its head. */
  async headsNow(): Promise<number> {
    await this.look();
    let heads = 0;
    for (const { phase } of this.#records.values()) if (phase === "head") heads++;
    if (heads > 0) this.#headsUntil = this.#system.clock.monotonic();
    return heads;
  }

  /** Heads that did not come while draining: how many were answered with 408, and for how long the drain waited (ms). */
  get lateHeads(): { readonly cut: number; readonly waited: number } {
    const waited = this.#drainingSince === null ? 0 : this.#headsUntil - this.#drainingSince;
    return { cut: this.#cutHeads, waited: Math.max(0, waited) };
  }

  /** Looks at all connections. What passed a limit is ended a moment later. */
  look(): Promise<void> {
    return this.#round ??= this.#lookAtAll()
      .catch(() => this.#cancel()) // This system cannot say.
      .finally(() => this.#round = null);
  }

  async #lookAtAll(): Promise<void> {
    const { sockets, clock } = this.#system;
    const ports = this.#options.ports();
    if (ports.size === 0) return;
    const { inFlight } = this.#requests.peers();
    const records = new Map<number, ConnectionRecord>();
    const passed: Passed[] = [];
    for (let from: number | null = 0; from !== null;) {
      const { looks, next } = sockets.look(ports, from, batch, this.#options.isPlain);
      const now = clock.monotonic();
      for (const look of looks) {
        const last = this.#records.get(look.descriptor) ?? null;
        const judged = judge(look, last, now, inFlight.has(look.peerPort), this.#limits);
        records.set(look.descriptor, judged.record);
        if (judged.passed !== null) passed.push({ record: judged.record, timeout: judged.passed });
      }
      from = next;
      if (from !== null) await sleep(clock, 0);
    }
    this.#records = records;
    if (passed.length > 0) void this.#endLater(passed);
    const excess = records.size - Math.floor(this.#system.openFiles.limit().soft * fullShare);
    if (excess > 0) this.endKept(excess);
  }

  /**
   * Ends up to `count` connections that wait for another request, those that have been idle longest, unless there are
   * silent ones, which go first.
   */
  endKept(count: number): void {
    const records = Array.from(this.#records.values());
    const isSilent = records.some(({ phase }) => phase === "silent");
    const kept = isSilent ? [] : records.filter(({ phase }) => phase === "kept");
    const longest = kept.sort((a, b) => a.since - b.since);
    const peers = this.#requests.peers();
    let ended = 0;
    for (const record of longest) {
      if (ended === count) break;
      if (this.#endIf({ record, timeout: "keep-alive" }, peers)) ended++;
    }
    // Those that have come since the last look are not known yet.
    if (ended < count) void this.look();
  }

  async #endLater(passed: readonly Passed[]): Promise<void> {
    const { clock } = this.#system;
    await sleepThroughTurns(clock, confirmation);
    const ended = new Map<Timeout, number>();
    let peers = this.#requests.peers();
    for (const [index, each] of passed.entries()) {
      if (index % endings === endings - 1) {
        await sleep(clock, 0);
        peers = this.#requests.peers();
      }
      if (this.#endIf(each, peers)) ended.set(each.timeout, (ended.get(each.timeout) ?? 0) + 1);
    }
    for (const [timeout, count] of ended) this.#options.onEnded(timeout, count);
  }

  /** Ends it if nothing has changed since. */
  #endIf({ record, timeout }: Passed, peers: Peers): boolean {
    const { sockets } = this.#system;
    const { descriptor } = record.look;
    const look = sockets.lookAt(this.#options.ports(), descriptor, this.#options.isPlain);
    if (look === null || look.peerPort !== record.look.peerPort) return false;
    const last = this.#lastBytes(timeout, record, look, peers);
    if (last === undefined) return false;
    sockets.end(descriptor, last);
    if (record.phase === "head") {
      this.#requests.failed("slow");
      if (this.#drainingSince !== null) this.#cutHeads++;
    }
    return true;
  }

  /** What is sent before the end; `null` for a reset, `undefined` if the connection must not end. */
  #lastBytes(
    timeout: Timeout,
    { look: before, ...record }: ConnectionRecord,
    look: ConnectionLook,
    { inFlight, areKnown }: Peers,
  ): Uint8Array<ArrayBuffer> | null | undefined {
    if (timeout === "write-timeout") return look.isSending && before.taken === look.taken ? null : undefined;
    if (look.isSending || before.taken !== look.taken) return undefined;
    // A head that trickles in has had its time.
    if (record.phase !== "head" && !isUnchanged(before, look)) return undefined;
    if (this.#system.sockets.hasUnread(look.descriptor)) return undefined;
    if (timeout === "body-timeout") {
      const entry = inFlight.get(look.peerPort) ?? null;
      if (entry === null || !isAwaitingBody(entry.request, look.received - record.before)) return undefined;
      if (!look.isPlain || entry.status !== 0) return null;
      entry.hasTimedOut = true;
      return this.#requestTimeout();
    }
    if (look.received === 0) return nothing;
    if (!areKnown || inFlight.has(look.peerPort)) return undefined;
    return timeout === "header-timeout" && look.isPlain ? this.#requestTimeout() : nothing;
  }

  #requestTimeout(): Uint8Array<ArrayBuffer> {
    const date = new Date(this.#system.clock.wall()).toUTCString();
    return new TextEncoder().encode(
      `HTTP/1.1 408 Request Timeout\r\ndate: ${date}\r\nconnection: close\r\ncontent-type: text/plain;charset=UTF-8\r\n` +
        "content-length: 15\r\n\r\nRequest Timeout",
    );
  }
}

const nothing = new Uint8Array();
