/** Background tasks through a Redis with TLS, whose certificate is trusted or not. */

import { assertEquals, assertMatch } from "../assert.ts";
import { lackingRedis, RedisServer } from "../tasks/bullmq/redis_server.ts";
import { freePort, integrationTest, type TestHost } from "./harness.ts";
import { TestAuthority } from "./test_authority.ts";

const app = `
import { enqueue } from "denicorn";

export const tasks = { work: () => Deno.writeTextFileSync("done", "") };

export default {
  async fetch() {
    try {
      return new Response(await enqueue("work", null, { patience: 0 }));
    } catch (error) {
      return new Response(error.message, { status: 500 });
    }
  },
};
`;

/** Shows `file`.pem of the host's folder. */
async function startRedis(host: TestHost, file: string) {
  const port = freePort();
  const redis = await RedisServer.start([
    ...["--tls-port", `${port}`, "--tls-auth-clients", "no"],
    ...["--tls-cert-file", `${host.folder}/${file}.pem`, "--tls-key-file", `${host.folder}/${file}.key`],
  ]);
  return { redis, url: `rediss://localhost:${port}/0` };
}

const distrust =
  /Redis at rediss:\/\/localhost:\d+\/0 has no certificate that is trusted \(.+\): .*DENO_CERT/;

integrationTest(
  "tasks go through a Redis with TLS whose authority is trusted, and through no other one",
  async (host) => {
    new TestAuthority(host.folder).issue("redis", "localhost");
    const { redis, url } = await startRedis(host, "redis");
    await using _ = redis;
    const start = (env: Record<string, string>) =>
      host.start({ files: { "main.ts": app }, args: ["--task-store", url], env });

    const trusting = start({ DENO_CERT: `${host.folder}/ca.pem` });
    await trusting.ready(1);
    assertEquals((await trusting.fetch("/")).status, 200);
    await trusting.until(
      "the task is done",
      () => Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name === "done"),
    );
    trusting.kill("SIGTERM");
    await trusting.exit();

    const other = start({});
    await other.ready(1);
    const answer = await other.fetch("/");
    assertEquals(answer.status, 500);
    assertMatch(await answer.text(), distrust);
    await other.logged(distrust);
  },
  lackingRedis,
);

integrationTest(
  "the doctor says that the certificate of a Redis is not trusted, for another name, or expired",
  async (host) => {
    const authority = new TestAuthority(host.folder);
    authority.issue("redis", "localhost");
    authority.issue("elsewhere", "redis.example");
    authority.issue("expired", "localhost", -1);
    const examine = async (file: string, env: Record<string, string>): Promise<string> => {
      const { redis, url } = await startRedis(host, file);
      await using _ = redis;
      const { stdout } = await host.run(["doctor", "--json", "--task-store", url], env);
      return JSON.parse(stdout).checks.find(({ name }: { name: string }) => name === "task-store").finding;
    };
    const trusted = { DENO_CERT: `${host.folder}/ca.pem` };
    assertMatch(await examine("redis", trusted), /answers and evicts nothing/);
    assertMatch(await examine("redis", {}), distrust);
    assertMatch(await examine("elsewhere", trusted), distrust);
    assertMatch(await examine("expired", trusted), distrust);
  },
  lackingRedis,
);
