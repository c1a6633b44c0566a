/**
 * The URL of a store on Redis: where the server is, and in its query which queue of BullMQ is meant. The query is ours
 * alone: nothing of it reaches the client of Redis.
 */

import { type RedisServer, redisServer, redisUrl } from "../redis_url.ts";

export interface RedisAddress extends RedisServer {
  readonly queue: string;
  readonly prefix: string;
  /** At most so many tasks begin in so many milliseconds, in all processes together. */
  readonly limit: RateLimit | undefined;
}

interface RateLimit {
  readonly max: number;
  readonly duration: number;
}

const parameters = ["queue", "prefix", "limit"];
const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Throws RangeError for a URL that names no queue of Redis. The message says the mistake, a colon, and what to do. */
export function redisAddress(text: string): RedisAddress {
  const url = redisUrl(text, parameters);
  const server = redisServer(url);
  const queue = nameOf(url.searchParams.get("queue"), "denicorn");
  if (queue.includes(":")) {
    throw new RangeError(`?queue=${queue} has a colon, which BullMQ forbids: leave it out`);
  }
  return {
    ...server,
    queue,
    prefix: nameOf(url.searchParams.get("prefix"), "bull"),
    limit: limitOf(url.searchParams.get("limit")),
  };
}

function nameOf(given: string | null, fallback: string): string {
  return given === null || given === "" ? fallback : given;
}

/** `100/1s` */
function limitOf(given: string | null): RateLimit | undefined {
  if (given === null) return undefined;
  const [, max = "", count = "", unit = ""] = /^(\d+)\/(\d*)(ms|s|m|h)$/.exec(given) ?? [];
  const duration = Number(count === "" ? 1 : count) * (units[unit] ?? 0);
  if (!(Number(max) >= 1) || !(duration >= 1)) {
    throw new RangeError(`?limit=${given} is no rate: give one such as ?limit=100/1s`);
  }
  return { max: Number(max), duration };
}
