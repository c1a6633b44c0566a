/** Channels of servers on several machines: each server here is a master of its own, and a real Redis is between them. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { lackingRedis, RedisServer } from "../tasks/bullmq/redis_server.ts";
import { freePort, type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";
import { TestAuthority } from "./test_authority.ts";

/**
 * Each process writes what it hears to a file. A POST posts its text; a PUT makes the process post numbers until it ends,
 * and then it writes how many they were.
 */
const app = `
import { channel } from "denicorn";
const hear = (text) => Deno.writeTextFileSync("heard." + Deno.pid, text + "\\n", { append: true });
const chat = channel("chat");
chat.onmessage = ({ data }) => hear(data);
hear("here");
let count = 0;
let timer;
const post = () => chat.post("number " + Deno.pid + " " + count++);
const begin = () => timer ??= setInterval(post, 20);
const control = channel("control");
control.onmessage = begin;
if (Deno.env.get("POSTS") === "at once") begin();
export const shutdown = () => {
  if (timer === undefined) return;
  clearInterval(timer);
  post();
  Deno.writeTextFileSync("posted." + Deno.pid, String(count));
};
export default async (request) => {
  if (request.method === "POST") chat.post(await request.text());
  return new Response(String(Deno.pid));
};\n`;

function files(host: TestHost, prefix: string): Record<string, string> {
  const names = Array.from(Deno.readDirSync(host.folder), ({ name }) => name);
  return Object.fromEntries(
    names.filter((name) => name.startsWith(prefix)).map((name) => [
      name.slice(prefix.length),
      Deno.readTextFileSync(`${host.folder}/${name}`),
    ]),
  );
}

/** What each process has heard, by its id. */
function heard(host: TestHost): Record<string, string[]> {
  const lines = Object.entries(files(host, "heard."));
  return Object.fromEntries(lines.map(([pid, text]) => [pid, text.split("\n").slice(1, -1)]));
}

/** Two servers with two workers each, which share a Redis. */
async function pair(
  host: TestHost,
  url: string,
  env: readonly [Record<string, string>, Record<string, string>] = [{}, {}],
): Promise<[Server, Server]> {
  const [one, two] = env.map((env) =>
    host.start({
      files: { "main.ts": app },
      args: ["-w", "2"],
      env: { DENICORN_CHANNEL_URL: url, ...env },
    })
  ) as [Server, Server];
  await Promise.all([one.ready(2), two.ready(2)]);
  await one.until("all processes", () => Object.keys(heard(host)).length === 4);
  return [one, two];
}

async function stop(...servers: Server[]): Promise<void> {
  for (const server of servers) {
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
  }
  assertEquals(servers[0]!.leftovers(), []);
}

async function post(server: Server, text: string): Promise<string> {
  return await (await server.fetch("/", { method: "POST", body: text })).text();
}

testOnOneTarget("a message reaches all workers on all machines once", async (host) => {
  await using redis = await RedisServer.start();
  const [one, two] = await pair(host, redis.url);
  const senders = [await post(one, "from one"), await post(two, "from two")];
  const expected = (pid: string) => ["from one", "from two"].filter((_, index) => senders[index] !== pid);
  await one.until(
    "all messages",
    () => Object.entries(heard(host)).every(([pid, lines]) => lines.length >= expected(pid).length),
  );
  // What would come twice would come before these.
  const last = [await post(one, "last"), await post(two, "last")];
  await one.until(
    "the last ones",
    () =>
      Object.entries(heard(host)).every(([pid, lines]) =>
        lines.filter((text) => text === "last").length === last.filter((sender) => sender !== pid).length
      ),
  );
  for (const [pid, lines] of Object.entries(heard(host))) {
    assertEquals(lines.filter((text) => text !== "last").toSorted(), expected(pid));
  }
  assertEquals((await one.status())!.channels, {
    place: `redis://127.0.0.1:${redis.port}/0`,
    problem: null,
    totals: { sent: 2, received: 2, dropped: 0 },
  });
  await stop(one, two);
}, lackingRedis);

testOnOneTarget(
  "servers with another prefix or database hear nothing, and what is not ours is ignored",
  async (host) => {
    await using redis = await RedisServer.start();
    const [one, two] = await pair(host, redis.url);
    const others = [`${redis.url}?prefix=other`, redis.url.replace("/0", "/1")].map((url) =>
      host.start({ files: { "main.ts": app }, args: ["--channel-url", url] })
    );
    const strangers = await Promise.all(others.map(async (other) => String((await other.ready(1))[0]!.pid)));
    await redis.command("PUBLISH denicorn:channels:0 nonsense");
    await one.logged(/warning .* a message of channels from Redis at .* ignored: it is not ours/);
    const sender = await post(one, "hello");
    await one.until(
      "the message",
      () =>
        Object.entries(heard(host)).every(([pid, lines]) =>
          pid === sender || strangers.includes(pid) || lines.includes("hello")
        ),
    );
    for (const pid of strangers) {
      assertEquals(heard(host)[pid], []);
    }
    await stop(one, two, ...others);
  },
  lackingRedis,
);

testOnOneTarget(
  "without Redis the workers of a machine hear each other, and it is found again",
  async (host) => {
    await using redis = await RedisServer.start();
    const [one, two] = await pair(host, redis.url);
    const workers = (await one.status())!.workers.map(({ pid }) => String(pid));
    await redis.end();
    const away =
      /warning .* cannot pass messages of channels on to other machines: Redis at .* does not answer/g;
    await Promise.all([one.logged(new RegExp(away.source)), two.logged(new RegExp(away.source))]);
    const late = host.start({ files: { "main.ts": app }, args: ["-w", "1", "--channel-url", redis.url] });
    await late.ready(1);
    await late.logged(new RegExp(away.source));
    const sender = await post(one, "alone");
    const other = workers.find((pid) => pid !== sender)!;
    await one.until("the other worker", () => heard(host)[other]!.includes("alone"));
    assertMatch((await one.status())!.channels!.problem!, /^Redis at .* does not answer/);
    await redis.run();
    for (const server of [one, two, late]) {
      await server.logged(
        /info .* channels reach other machines again: /,
      );
    }
    await one.logged(/answers; 1 message to them dropped/);
    await post(two, "together");
    await one.until(
      "all but one",
      () => Object.values(heard(host)).filter((lines) => lines.includes("together")).length === 4,
    );
    assertEquals(
      Object.values(heard(host)).filter((lines) => lines.includes("alone")).length,
      1,
    );
    for (const server of [one, two, late]) assertEquals(server.stderr.match(away)!.length, 1);
    await stop(one, two, late);
  },
  lackingRedis,
);

/** By sender, the numbers that a process has heard, as they came. */
function numbers(lines: readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const line of lines) {
    const [, sender, number] = /^number (\d+) (\d+)$/.exec(line) ?? [];
    if (sender === undefined) continue;
    if (!found.has(sender)) found.set(sender, []);
    found.get(sender)!.push(Number(number));
  }
  return found;
}

testOnOneTarget("during an upgrade each message reaches each worker once", async (host) => {
  await using redis = await RedisServer.start();
  // From the first to the last moment of their lives all workers post, so what is missing or doubled shows as a gap.
  const posting = { POSTS: "at once" };
  const [one, two] = await pair(host, redis.url, [posting, posting]);
  const old = (await one.status())!.workers.map(({ pid }) => String(pid));
  const far = (await two.status())!.workers.map(({ pid }) => String(pid));
  one.kill("SIGUSR2");
  await one.upgraded();
  const fresh = (await one.ready(2)).map(({ pid }) => String(pid));
  const hears = (listener: string, sender: string) =>
    numbers(heard(host)[listener] ?? []).get(sender)?.length ?? 0;
  for (const sender of [...far, ...fresh]) {
    const listeners = [...far, ...fresh].filter((pid) => pid !== sender);
    await one.until("all hear each other", () => listeners.every((pid) => hears(pid, sender) > 10));
  }
  await stop(one, two);
  const all = [...old, ...far, ...fresh];
  for (const listener of all) {
    const found = numbers(heard(host)[listener]!);
    assertEquals([...found.keys()].toSorted(), all.filter((pid) => pid !== listener).toSorted());
    for (const [sender, list] of found) {
      const first = list[0]!;
      const expected = list.map((_, index) => first + index);
      assertEquals(list, expected, `what ${listener} has heard of ${sender}`);
    }
  }
  // The last words of those that have gone have reached those that stayed.
  const posted = files(host, "posted.");
  for (const sender of old) {
    for (const listener of [...far, ...fresh]) {
      assertEquals(numbers(heard(host)[listener]!).get(sender)!.at(-1), Number(posted[sender]) - 1);
    }
  }
  for (const listener of far) {
    for (const sender of fresh) assertEquals(numbers(heard(host)[listener]!).get(sender)![0], 0);
  }
}, lackingRedis);

testOnOneTarget(
  "a Redis that refuses ends a start and a check, and its password is shown nowhere",
  async (host) => {
    await using redis = await RedisServer.start(["--requirepass", "right-one"]);
    const url = (password: string) => redis.url.replace("//", `//:${password}@`);
    host.write({ "main.ts": app });
    const said =
      /cannot pass messages of channels on to other machines: Redis at redis:\/\/127\.0\.0\.1:\d+\/0 refuses the password \(.*\): correct it in channel-url(?: \(given by env DENICORN_CHANNEL_URL\))?$/m;
    for (const command of [["-b", "127.0.0.1:0"], ["check"]]) {
      const { code, stderr } = await host.run([...command, "main.ts"], {
        DENICORN_CHANNEL_URL: url("wrong-one"),
      });
      assertEquals(code, 2, stderr);
      assertMatch(stderr, said);
      assert(!/wrong-one/.test(stderr), stderr);
    }
    const server = host.start({
      files: {
        "main.ts": app,
        "denicorn.config.json": JSON.stringify({ channelUrl: url("right-one") }),
      },
      // By this, packages such as ioredis print what they do.
      env: { DEBUG: "*" },
    });
    const [worker] = await server.ready(1);
    assertMatch(Deno.readTextFileSync(`/proc/${worker!.pid}/environ`), /(?:^|\0)DEBUG=\*(?:\0|$)/);
    assertEquals((await server.status())!.channels!.problem, null);
    const shown = [
      JSON.stringify(await server.status()),
      (await host.run(["ctl", "--socket", host.controlSocket, "status"])).stdout,
      (await host.run(["settings"])).stdout,
    ];
    assertMatch(shown[1]!, /channels reach other machines through Redis at redis:\/\/127/);
    host.write({ "denicorn.config.json": JSON.stringify({ channelUrl: `${url("right-one")}?prefixes=a` }) });
    server.kill("SIGHUP");
    await server.logged(
      /channel-url: "redis:\/\/\*\*\*@127.* is not accepted: \?prefixes= is not known: give \?prefix=/,
    );
    assertEquals((await server.fetch("/")).status, 200);
    for (const text of [...shown, server.stderr, server.stdout]) assert(!/right-one/.test(text), text);
    await stop(server);
  },
  lackingRedis,
);

testOnOneTarget(
  "a Redis with TLS is one for those that trust its authority, and its certificate is said to the others",
  async (host) => {
    new TestAuthority(host.folder).issue("redis", "localhost");
    const port = freePort();
    await using _ = await RedisServer.start([
      ...["--tls-port", `${port}`, "--tls-auth-clients", "no"],
      ...["--tls-cert-file", `${host.folder}/redis.pem`, "--tls-key-file", `${host.folder}/redis.key`],
    ]);
    const url = `rediss://localhost:${port}/0`;
    const authority = `${host.folder}/ca.pem`;
    const other = host.target.name === "source"
      ? { NODE_EXTRA_CA_CERTS: authority }
      : { DENO_CERT: authority };
    const [one, two] = await pair(host, url, [{ DENO_CERT: authority }, other]);
    const sender = await post(one, "over TLS");
    await one.until("the message elsewhere", () => {
      const processes = Object.entries(heard(host)).filter(([pid]) => pid !== sender);
      return processes.every(([, lines]) => lines.includes("over TLS"));
    });
    const distrusting = host.start({
      files: {},
      args: ["-w", "1"],
      env: { DENICORN_CHANNEL_URL: url },
    });
    await distrusting.ready(1);
    await distrusting.logged(
      /warning .*Redis at rediss:\/\/localhost:\d+\/0 has no certificate that is trusted \(.+\): let DENO_CERT name/,
    );
    await stop(one, two, distrusting);
  },
  lackingRedis,
);
