import { redisServer } from "../../src/core/redis_url.ts";
import { RedisPubSub } from "../../src/redis/pub_sub.ts";
import { clock } from "../../src/system/clock.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { type RedisServer, redisTest } from "../tasks/bullmq/redis_server.ts";

/** A connection of a server, with what has happened on it. */
class Party implements Disposable {
  readonly #server: RedisServer;
  readonly redis: RedisPubSub;
  readonly heard: string[] = [];
  readonly problems: string[] = [];
  ups = 0;
  isUp = false;

  constructor(server: RedisServer, url: string) {
    this.#server = server;
    this.redis = new RedisPubSub({
      ...{ clock, random: Math.random, server: redisServer(new URL(url)), channel: "test:channels:0" },
      greeting: new TextEncoder().encode("hello"),
      onMessage: (bytes) => void this.heard.push(new TextDecoder().decode(bytes)),
      onUp: () => {
        this.ups++;
        this.isUp = true;
      },
      onDown: (problem) => {
        this.isUp = false;
        this.problems.push(problem instanceof Error ? problem.message : String(problem));
      },
    });
    this.redis.open();
  }

  up(times = 1): Promise<void> {
    return this.#server.until(`connection ${times}`, () => this.ups >= times && this.isUp);
  }

  refused(): Promise<void> {
    return this.#server.until("a problem", () => this.problems.length > 0);
  }

  says(text: string): Promise<void> {
    return this.redis.publish(new TextEncoder().encode(text));
  }

  [Symbol.dispose](): void {
    this.redis.close();
  }
}

redisTest("bytes reach all who are there, in order, in any database", async (server) => {
  using one = new Party(server, server.url);
  using two = new Party(server, server.url.replace("/0", "/3"));
  await Promise.all([one.up(), two.up()]);
  const texts = Array.from({ length: 200 }, (_, index) => `message ${index}`);
  await Promise.all(texts.map((text) => one.says(text)));
  await server.until("all messages", () => two.heard.includes("message 199"));
  assertEquals(two.heard.filter((text) => text !== "hello"), texts);
});

redisTest(
  "a Redis that comes back is found, and what is posted meanwhile is refused at once",
  async (server) => {
    using one = new Party(server, server.url);
    using two = new Party(server, server.url);
    await Promise.all([one.up(), two.up()]);
    await server.end();
    await server.until("both know", () => !one.isUp && !two.isUp);
    const begin = performance.now();
    await assertRejects(() => one.says("lost"));
    assert(performance.now() - begin < 1_000);
    await server.run();
    await Promise.all([one.up(2), two.up(2)]);
    await one.says("again");
    await server.until("the message", () => two.heard.includes("again"));
    assert(!two.heard.includes("lost"));
  },
);

redisTest("a Redis that says nothing any more is noticed, and found again", async (server) => {
  using one = new Party(server, server.url);
  await one.up();
  server.signal("SIGSTOP");
  try {
    await server.until("it is noticed", () => !one.isUp);
    assertMatch(one.problems[0]!, /no answer for 4 s/);
  } finally {
    server.signal("SIGCONT");
  }
  await one.up(2);
});

redisTest("a password that is wrong or missing is said, and the right one works", async (server) => {
  const url = (credentials: string) => server.url.replace("//", `//${credentials}`);
  using wrong = new Party(server, url(":wrong@"));
  using none = new Party(server, server.url);
  using right = new Party(server, url(":right@"));
  await Promise.all([wrong.refused(), none.refused(), right.up()]);
  assertMatch(wrong.problems[0]!, /^WRONGPASS/);
  assertMatch(none.problems[0]!, /^NOAUTH/);
  await assertRejects(() => none.says("x"), Error, "NOAUTH");
}, ["--requirepass", "right"]);

redisTest("a user who may only publish and subscribe in its own channels is enough", async (server) => {
  const acl = (name: string, rights: string) => server.command(`ACL SETUSER ${name} on >pw ${rights}`);
  await acl("enough", "resetchannels &test:* -@all +publish +subscribe +ping");
  await acl("elsewhere", "resetchannels &other:* -@all +publish +subscribe +ping");
  using enough = new Party(server, server.url.replace("//", "//enough:pw@"));
  using elsewhere = new Party(server, server.url.replace("//", "//elsewhere:pw@"));
  await Promise.all([enough.up(), elsewhere.refused()]);
  assertMatch(elsewhere.problems[0]!, /^NOPERM/);
});

redisTest("a right that is taken away is noticed by the next message, and found again", async (server) => {
  const acl = (rights: string) => server.command(`ACL SETUSER chat ${rights}`);
  await acl("on >pw resetchannels &test:* -@all +publish +subscribe +ping");
  using one = new Party(server, server.url.replace("//", "//chat:pw@"));
  await one.up();
  await acl("-publish");
  await assertRejects(() => one.says("lost"), Error, "NOPERM");
  await one.refused();
  assertMatch(one.problems[0]!, /^NOPERM/);
  assert(!one.isUp);
  await acl("+publish");
  await one.up(2);
  await one.says("again");
  await server.until("the message", () => one.heard.includes("again"));
});
