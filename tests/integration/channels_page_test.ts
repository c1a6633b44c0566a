/** The examples of docs/channels.md run, with several workers that share a counter. */

import { lackingRedis, RedisServer } from "../tasks/bullmq/redis_server.ts";
import { assertEquals } from "../assert.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

const page = Deno.readTextFileSync(new URL("../../docs/channels.md", import.meta.url));
const packages = new URL("../../node_modules", import.meta.url).pathname;

function example(name: string): string {
  const text = new RegExp(`runs it: ${name} -->\n\n\`\`\`ts\n(.*?)\`\`\``, "s").exec(page)?.[1];
  if (text === undefined) throw new Error(`docs/channels.md has no example ${name}`);
  return text;
}

/** Each of `count` requests on connections of their own is counted once: the last one has the number of all. */
async function counts(host: TestHost, text: string, env: Record<string, string>): Promise<void> {
  const files = { "main.ts": text, "deno.json": `{ "unstable": ["kv"] }` };
  const server = host.start({ files, args: ["-w", "3"], env });
  await server.ready(3);
  const count = 30;
  const answers = await Promise.all(Array.from({ length: count }, () => server.text()));
  const numbers = answers.map((answer) => Number(/\d+/.exec(answer)?.[0]));
  assertEquals(Math.max(...numbers), count, answers.join(""));
  assertEquals(server.stderr.match(/ error .*/g), null);
}

testOnOneTarget("a counter in Deno KV is one for all workers", (host) => counts(host, example("kv"), {}));

testOnOneTarget("a limit in Redis is one for all workers", async (host) => {
  await using redis = await RedisServer.start([]);
  Deno.symlinkSync(packages, `${host.folder}/node_modules`);
  const text = example("redis").replace("npm:ioredis", "ioredis");
  // The requests of a minute are counted together.
  const stays = text.replace("Date.now()", "0");
  await counts(host, stays, { REDIS_URL: `redis://127.0.0.1:${redis.port}` });
}, lackingRedis);
