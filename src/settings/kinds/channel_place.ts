import { type RedisServer, redisServer, redisUrl } from "../../core/redis_url.ts";
import { messageOf } from "../../core/thrown.ts";
import type { Kind } from "./kind.ts";
import { withoutPassword } from "./redis_password.ts";

/** The Redis through which servers on several machines hear each other. */
export interface ChannelPlace {
  readonly url: string;
  readonly server: RedisServer;
  /** The channel of Redis, which servers of the same app share. */
  readonly channel: string;
}

const defaultPrefix = "denicorn";

export const channelPlace: Kind<ChannelPlace, string> = {
  accepts: "redis://HOST:PORT/DATABASE or rediss://… of a Redis server, with ?prefix=NAME at most",
  type: "string",
  placeholder: "URL",
  parse(given) {
    const place = read(given);
    return typeof place === "string" ? undefined : place;
  },
  objection(given) {
    const place = read(given);
    return typeof place === "string" && /^rediss?:/.test(String(given)) ? place : undefined;
  },
  show: ({ url }) => withoutPassword(url),
  plain: ({ url }) => withoutPassword(url),
};

/** Or what is wrong with it. */
function read(given: unknown): ChannelPlace | string {
  const text = String(given);
  if (text.includes("\0")) return "it has a NUL character: leave it out";
  try {
    const url = redisUrl(text, ["prefix"]);
    const prefix = url.searchParams.get("prefix") ?? defaultPrefix;
    if (!/^[\w.:-]{1,100}$/.test(prefix)) {
      return "?prefix= is no name: give letters, digits, _, ., : and -, 100 at most";
    }
    const server = redisServer(url);
    // Redis passes messages on in all of its databases, so the number would separate nothing without this.
    return { url: url.href, server, channel: `${prefix}:channels:${server.database}` };
  } catch (error) {
    return messageOf(error);
  }
}
