/** Cancels tasks that run in any process: its owner hears of it on a channel of Redis. */

// @ts-types="../../../types/ioredis.d.ts"
import type { Redis } from "ioredis";
import type { RedisAddress } from "../../core/tasks/redis_address.ts";

/** Consumers listen to it for ids. */
export function cancelChannel({ prefix, queue }: RedisAddress): string {
  return `${prefix}:${queue}:denicorn-cancel`;
}

/**
 * BullMQ fails a job that has `defa` when it is taken again: so a cancelled task is not run again if its worker dies
 * before it hears of it.
 */
const script = `
if redis.call("EXISTS", KEYS[2]) == 0 then return 0 end
redis.call("HSET", KEYS[1], "defa", "cancelled")
redis.call("PUBLISH", KEYS[3], ARGV[1])
return 1
`;

/** False if no worker runs the job. */
export async function cancelRunning(client: Redis, address: RedisAddress, id: string): Promise<boolean> {
  const job = `${address.prefix}:${address.queue}:${id}`;
  return await client.eval(script, 3, job, `${job}:lock`, cancelChannel(address), id) === 1;
}

/** Lets a job that was cancelled, or that has taken its workers down, be run again. */
export async function forgetFailures(
  client: Redis,
  { prefix, queue }: RedisAddress,
  id: string,
): Promise<void> {
  await client.hdel(`${prefix}:${queue}:${id}`, "defa", "stc");
}
