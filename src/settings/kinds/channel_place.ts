import { type RedisServer, redisServer, redisUrl } from "../../core/redis_url.ts";
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
    if (typeof given !== "string" || given.includes("\0")) return undefined;
    try {
      const url = redisUrl(given);
      const { searchParams, hash } = url;
      const prefix = searchParams.get("prefix") ?? defaultPrefix;
      if (hash !== "" || searchParams.size > Number(searchParams.has("prefix"))) return undefined;
      if (!/^[\w.:-]{1,100}$/.test(prefix)) return undefined;
      const server = redisServer(url);
      // Redis passes messages on in all of its databases, so the number would separate nothing without this.
      return { url: url.href, server, channel: `${prefix}:channels:${server.database}` };
    } catch {
      return undefined;
    }
  },
  show: ({ url }) => withoutPassword(url),
  plain: ({ url }) => withoutPassword(url),
};
