/** How Denicorn connects to Redis, for whatever it does there. */

// @ts-types="../../types/ioredis.d.ts"
import type { RedisOptions } from "ioredis";
import type { RedisServer } from "../core/redis_url.ts";

const connectTimeout = 5_000;
const longestPause = 5_000;

/** Without a setting for what cannot be sent at once. */
export function connectionOptions(server: RedisServer): RedisOptions {
  return {
    host: server.host,
    port: server.port,
    // Both families, the system's choice first.
    family: 0,
    ...server.username === undefined ? {} : { username: server.username },
    ...server.password === undefined ? {} : { password: server.password },
    ...server.isEncrypted ? { tls: {} } : {},
    lazyConnect: true,
    connectTimeout,
    retryStrategy: pauseBefore,
  };
}

/** Milliseconds before attempt number `attempts` to connect again. */
export function pauseBefore(attempts: number): number {
  return Math.min(50 * 2 ** Math.min(attempts, 10), longestPause);
}
