/** Takes the jobs of a process that is gone from it, before its locks end by themselves. */

// @ts-types="../../../types/bullmq.d.ts"
import type { Worker } from "bullmq";
// @ts-types="../../../types/ioredis.d.ts"
import type { Redis } from "ioredis";

/** `pb` is the worker that has taken a job. What has no lock and is in `stalled` is taken from its worker by BullMQ. */
const script = `
local released = 0
for _, id in ipairs(redis.call("LRANGE", KEYS[1], 0, -1)) do
  local job = ARGV[1] .. id
  if redis.call("HGET", job, "pb") == ARGV[2] then
    redis.call("DEL", job .. ":lock")
    redis.call("SADD", KEYS[2], id)
    released = released + 1
  end
end
if released > 0 then redis.call("DEL", KEYS[3]) end
return released
`;

/** Counts as a stall of each job, so that a task that takes its workers down does so only a few times. */
export async function releaseJobs(client: Redis, worker: Worker, owner: string): Promise<void> {
  const keys = ["active", "stalled", "stalled-check"].map((name) => worker.toKey(name));
  const released = await client.eval(script, keys.length, ...keys, worker.toKey(""), owner);
  if (Number(released) > 0) await worker.getBackend().moveStalledJobsToWait();
}
