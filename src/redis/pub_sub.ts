/**
 * A channel of Redis as one connection that is there or not: Redis takes commands of publishers and subscribers on
 * connections of their own, so there are two. Both connect again by themselves, and nothing waits for that: what cannot
 * be published now is rejected, and published once at most.
 */

// @ts-types="../../types/ioredis.d.ts"
import { Redis } from "ioredis";
import { Buffer } from "node:buffer";
import type { RedisServer } from "../core/redis_url.ts";
import type { Clock } from "../system/system.ts";
import { connectionOptions, pauseBefore } from "./connection_options.ts";
import { isAnswer, RedisAway } from "./connection_problem.ts";
import { endSilentConnections } from "./silence.ts";

export interface PubSubOptions {
  readonly clock: Clock;
  /** In [0, 1): servers that lost the same Redis do not all come back at once. */
  readonly random: () => number;
  readonly server: RedisServer;
  readonly channel: string;
  /** Published on each new connection, which shows whether Redis permits it. */
  readonly greeting: Uint8Array;
  /** Of this process, too. */
  readonly onMessage: (bytes: Uint8Array) => void;
  /** Messages are passed on from now on. */
  readonly onUp: () => void;
  /** They are not, or an attempt to connect has failed. */
  readonly onDown: (problem: unknown) => void;
}

/** What passes messages on to all who have opened the same. */
export interface PubSub {
  open(): void;
  /** Rejects if it is not certain that the message was passed on. */
  publish(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** Milliseconds between two questions whether Redis is there, and for which it may be silent then. */
const pingInterval = 5_000;
const silence = 4_000;

/** Milliseconds after which a Redis is asked again that has refused. */
const refusalPause = 5_000;

export class RedisPubSub implements PubSub {
  readonly #options: PubSubOptions;
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #ready = new Set<Redis>();
  #problem: unknown = null;
  #isUp = false;
  #isClosed = false;
  #stopPings: () => void = () => {};

  constructor(options: PubSubOptions) {
    const { channel, greeting, onMessage } = options;
    this.#options = options;
    this.#publisher = this.#client((client) => client.publish(channel, bufferOf(greeting)));
    this.#subscriber = this.#client((client) => client.subscribe(channel));
    this.#subscriber.on("messageBuffer", (_channel, bytes) => onMessage(bytes));
  }

  open(): void {
    this.#stopPings = this.#options.clock.every(pingInterval, () => {
      for (const client of this.#ready) client.ping().catch(() => {});
    });
    // What it rejects with comes as an event, too.
    for (const client of [this.#publisher, this.#subscriber]) client.connect().catch(() => {});
  }

  async publish(bytes: Uint8Array): Promise<void> {
    if (!this.#isUp) throw this.#problem ?? new RedisAway("there is no connection yet");
    try {
      await this.#publisher.publish(this.#options.channel, bufferOf(bytes));
    } catch (error) {
      if (this.#isUp && isAnswer(error)) this.#refused(error);
      throw error;
    }
  }

  /** It has taken messages before: its user may have lost the right. A new connection shows when that is over. */
  #refused(error: unknown): void {
    this.#isUp = false;
    this.#problem = error;
    this.#publisher.disconnect(true);
  }

  close(): void {
    this.#isClosed = true;
    this.#stopPings();
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  /** `begin`: what shows that the connection can be used. */
  #client(begin: (client: Redis) => Promise<unknown>): Redis {
    const { clock, server, random } = this.#options;
    const client = new Redis({
      ...connectionOptions(server),
      retryStrategy: (attempts) => pauseBefore(attempts) * (0.5 + random() / 2),
      // It would ask for INFO, which a user of Redis who may only publish and subscribe is denied.
      enableReadyCheck: false,
      enableOfflineQueue: false,
      autoResubscribe: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
    });
    endSilentConnections(clock, client, silence);
    let cancelPause = () => {};
    client.on("error", (error) => void (this.#problem = error));
    client.on("ready", () =>
      void begin(client).then(() => this.#became(client), (error) => {
        this.#problem = error;
        // A connection that was made counts as one that works, so ioredis would make the next one at once.
        if (client.status !== "ready" || this.#isClosed) return;
        cancelPause = clock.after(refusalPause, () => client.disconnect(true));
        this.#options.onDown(error);
      }));
    client.on("close", () => {
      cancelPause();
      this.#ready.delete(client);
      this.#isUp = false;
      if (!this.#isClosed) this.#options.onDown(this.#problem ?? new RedisAway("the connection was closed"));
    });
    return client;
  }

  #became(client: Redis): void {
    this.#ready.add(client);
    if (this.#ready.size < 2 || this.#isClosed) return;
    this.#isUp = true;
    this.#problem = null;
    this.#options.onUp();
  }
}

/** ioredis takes other arrays of bytes for text. */
function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}
