/**
 * Channels across machines: what workers post is published through Redis, and what other servers publish there is passed
 * on to the workers.
 *
 * The master holds the connection, because the messages of all workers pass through it anyway and it outlives them: a
 * worker that did would add a hop, and lose what is on its way whenever it ends or its event loop is blocked. The master
 * waits for Redis nowhere but in its start, and what it does for other machines in a second is bounded, as it is for its
 * own workers. Only a master with `channel-url` loads the client.
 *
 * The two masters of an upgrade are one server for others: each is connected, and passes on to its own workers what comes
 * from elsewhere; between them is the link of `master_link.ts`, so each ignores what the other one has published.
 */

import { DenicornError } from "../../core/errors.ts";
import { Pace } from "../../core/pace.ts";
import { addNames, type ChannelCounters, noChannelCounters } from "../../core/telemetry/counted_before.ts";
import type { ChannelStatus } from "../../core/telemetry/channel_status.ts";
import { CountedWarning } from "../../log/counted_warning.ts";
import type { Logger } from "../../log/logger.ts";
import { countFrames, envelopeHead, readEnvelope } from "../../protocol/channel_envelope.ts";
import type { ChannelPost } from "../../protocol/channel_messages.ts";
import { channelProblem } from "../../redis/channel_problem.ts";
import { isAway } from "../../redis/connection_problem.ts";
import type { PubSub, PubSubOptions } from "../../redis/pub_sub.ts";
import { withTimeout } from "../../system/clock.ts";
import type { Clock } from "../../system/system.ts";
import { type ChannelHub, messageCost, messages, ratePerSecond } from "./channel_hub.ts";

interface OtherMachinesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly hub: Pick<ChannelHub, "link">;
  /** Where Redis is, without user and password. */
  readonly place: string;
  /** The name of this server among others: the same for both masters of an upgrade. */
  readonly server: string;
  readonly connect: (
    events: Pick<PubSubOptions, "greeting" | "onMessage" | "onUp" | "onDown">,
  ) => PubSub;
}

/** In bytes, of messages that Redis has not acknowledged: one round trip for each write would be slow over a distance. */
const window = 1024 * 1024;

/** Milliseconds that a start waits for Redis, and the end of a master for what was posted last. */
const longestStart = 2_000;
const longestEnd = 500;

/** Milliseconds by which the messages of others may be ahead of the rate, and so late, before some are dropped. */
const longestLag = 500;

/** Milliseconds between two lines about what is not ours. */
const foreignInterval = 60_000;

export class OtherMachines {
  readonly #options: OtherMachinesOptions;
  readonly #link: ReturnType<ChannelHub["link"]>;
  readonly #redis: PubSub;
  readonly #head: Uint8Array;
  readonly #started = Promise.withResolvers<void>();
  #isStarting = true;
  #refusal: DenicornError | null = null;
  /** Of the others together. */
  readonly #pace = new Pace(ratePerSecond / 10);
  readonly #foreign: CountedWarning;
  readonly #slow: CountedWarning;
  readonly #flood: CountedWarning;
  #foreignBecause = "";
  #totals = { ...noChannelCounters };
  #before = noChannelCounters;
  #problem: string | null = "it has not answered yet";
  /** What was said last, once for each: one that is away may come back and refuse. */
  #said: "up" | "away" | "refusal" = "up";
  #lost = 0;
  #onTheirWay = 0;
  /** Called when Redis has taken something. */
  #onTaken: (() => void)[] = [];

  constructor(options: OtherMachinesOptions) {
    this.#options = options;
    const { clock, logger, hub, place, server, connect } = options;
    this.#head = envelopeHead(server);
    this.#foreign = new CountedWarning(clock, (count) => {
      const what = count === 1 ? "a message" : `${count} messages`;
      logger
        .warning`${what} of channels from Redis at ${place} ignored: ${this.#foreignBecause}: give this app a ?prefix= of its own in channel-url`;
    }, foreignInterval);
    this.#slow = new CountedWarning(clock, (count) => {
      logger
        .warning`${
        messages(count)
      } of channels to other machines dropped: Redis at ${place} does not take them as fast as workers post: post less`;
    });
    this.#flood = new CountedWarning(clock, (count) => {
      logger
        .warning`${
        messages(count)
      } of channels from other machines dropped: they are more than this server passes on: post less`;
    });
    this.#link = hub.link((bytes) => this.#send(bytes), () => {
      this.#totals.dropped++;
      this.#slow.add();
    });
    this.#redis = connect({
      greeting: this.#head,
      onMessage: (bytes) => this.#receive(bytes),
      onUp: () => this.#up(),
      onDown: (problem) => this.#down(problem),
    });
  }

  /**
   * Connects, and waits for the answer for a moment: what other machines post when the first worker of an upgrade is ready
   * must reach it. Throws DenicornError if Redis is there and refuses; while it is away, this machine goes on alone.
   */
  async start(): Promise<void> {
    const { clock } = this.#options;
    this.#redis.open();
    await withTimeout(clock, longestStart, this.#started.promise);
    this.#isStarting = false;
    if (this.#refusal === null) return;
    this.#redis.close();
    throw this.#refusal;
  }

  get status(): ChannelStatus {
    const totals = addNames(this.#totals, this.#before);
    return { place: this.#options.place, problem: this.#problem, totals };
  }

  /** What an old master has counted counts here, too; given again, it replaces what was given before. */
  carryOn(before: ChannelCounters): void {
    this.#before = before;
  }

  /** Resolves when what workers have posted is with Redis, or soon. */
  async end(): Promise<void> {
    await withTimeout(this.#options.clock, longestEnd, this.#allSent());
    this.#link.close();
    this.#redis.close();
  }

  async #allSent(): Promise<void> {
    await this.#link.empty;
    while (this.#onTheirWay > 0) await this.#taken();
  }

  #taken(): Promise<void> {
    return new Promise((resolve) => this.#onTaken.push(resolve));
  }

  /** Resolves when more may be sent. */
  async #send(frames: Uint8Array): Promise<void> {
    if (this.#problem !== null) return this.#lose(countFrames(frames));
    const bytes = new Uint8Array(this.#head.length + frames.length);
    bytes.set(this.#head);
    bytes.set(frames, this.#head.length);
    this.#onTheirWay += bytes.length;
    void this.#redis.publish(bytes).then(
      () => this.#totals.sent += countFrames(frames),
      () => this.#lose(countFrames(frames)),
    ).finally(() => {
      this.#onTheirWay -= bytes.length;
      for (const resolve of this.#onTaken.splice(0)) resolve();
    });
    while (this.#onTheirWay >= window) await this.#taken();
  }

  #lose(count: number): void {
    this.#totals.dropped += count;
    this.#lost += count;
  }

  #receive(bytes: Uint8Array): void {
    try {
      const { server, posts } = readEnvelope(bytes);
      if (server === this.#options.server) return;
      for (const message of posts) this.#pass(message);
    } catch (error) {
      this.#foreignBecause = error instanceof Error ? error.message : String(error);
      this.#foreign.add();
    }
  }

  #pass(message: ChannelPost): void {
    const now = this.#options.clock.monotonic();
    this.#totals.received++;
    if (this.#pace.pause(now, ratePerSecond) > longestLag) {
      this.#totals.dropped++;
      return this.#flood.add();
    }
    this.#pace.spend(messageCost(this.#link.receive(message)), now, ratePerSecond);
  }

  #up(): void {
    const { logger, place } = this.#options;
    this.#problem = null;
    if (this.#said !== "up") {
      logger.info`channels reach other machines again: Redis at ${place} answers; ${
        messages(this.#lost)
      } to them dropped`;
    } else {
      logger.info`channels reach other machines through Redis at ${place}`;
    }
    this.#said = "up";
    this.#lost = 0;
    this.#started.resolve();
  }

  #down(error: unknown): void {
    const { logger, place } = this.#options;
    this.#problem = channelProblem(place, error);
    this.#started.resolve();
    if (this.#isStarting && !isAway(error)) {
      this.#refusal ??= new DenicornError("channel-url", cannot(this.#problem));
      return;
    }
    if (this.#said === "refusal" || (this.#said === "away" && isAway(error))) return;
    this.#said = isAway(error) ? "away" : "refusal";
    logger.warning`${cannot(this.#problem)}; until then messages reach only this machine`;
  }
}

function cannot(problem: string): string {
  return `cannot pass messages of channels on to other machines: ${problem}`;
}
