import { DenicornError } from "../../../src/core/errors.ts";
import { openLog } from "../../../src/log/logger.ts";
import { ChannelHub } from "../../../src/master/channels/channel_hub.ts";
import { OtherMachines } from "../../../src/master/channels/other_machines.ts";
import { envelopeHead } from "../../../src/protocol/channel_envelope.ts";
import { encodeFrame, FrameDecoder } from "../../../src/protocol/framing.ts";
import { RedisAway } from "../../../src/redis/connection_problem.ts";
import type { PubSub } from "../../../src/redis/pub_sub.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

/** A master with one worker that has the channel `chat` open, and a Redis whose part the test plays. */
class Machine {
  readonly #fakes = new FakeWorkers();
  readonly #hub: ChannelHub;
  readonly #worker = this.#fakes.ready(0);
  readonly machines: OtherMachines;
  /** What the worker has heard. */
  readonly heard: string[] = [];
  readonly published: Uint8Array[] = [];
  /** How each message that is published ends; by default Redis takes it at once. */
  publish: () => Promise<void> = () => Promise.resolve();
  isClosed = false;
  redis!: { onMessage(bytes: Uint8Array): void; onUp(): void; onDown(problem: unknown): void };

  constructor() {
    const { system } = this.#fakes;
    const { logger } = openLog(system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, {
      pid: 41,
    });
    this.#hub = new ChannelHub(system.clock, logger);
    this.machines = new OtherMachines({
      ...{ clock: system.clock, logger, hub: this.#hub, place: "redis://r:6379", server: "here" },
      connect: (events): PubSub => {
        this.redis = events;
        return {
          open: () => {},
          publish: (bytes) => {
            this.published.push(bytes);
            return this.publish();
          },
          close: () => void (this.isClosed = true),
        };
      },
    });
    const decoder = new FrameDecoder();
    this.#worker.connect({
      receive: async function* () {},
      send: (bytes) => {
        for (const message of decoder.push(bytes)) {
          const { type, data } = message as { type: string; data: string };
          if (type === "channel-post") this.heard.push(data);
        }
        return Promise.resolve();
      },
      close: () => {},
    });
    void this.#worker.send({ type: "load", config: {} as never });
    this.#hub.handle(this.#worker, { type: "channel-open", name: "chat" });
  }

  get lines(): string[] {
    return this.#fakes.lines.filter((line) => line !== "");
  }

  /** The worker posts, and what it posts goes on. */
  async posts(...data: string[]): Promise<void> {
    for (const one of data) this.#hub.handle(this.#worker, { type: "channel-post", name: "chat", data: one });
    await this.pass(2);
  }

  pass(ms: number): Promise<void> {
    return this.#fakes.system.clock.advance(ms);
  }

  /** What the other machines have got. */
  get sent(): string[] {
    return this.published.flatMap((bytes) =>
      [...new FrameDecoder().push(bytes)].slice(1).map((message) => (message as { data: string }).data)
    );
  }

  /** Another server has posted. */
  async receives(server: string, ...data: string[]): Promise<void> {
    const frames = data.map((one) => encodeFrame({ type: "channel-post", name: "chat", data: one }));
    this.redis.onMessage(new Uint8Array([envelopeHead(server), ...frames].flatMap((part) => [...part])));
    await this.pass(2);
  }
}

async function connected(): Promise<Machine> {
  const machine = new Machine();
  const starting = machine.machines.start();
  machine.redis.onUp();
  await starting;
  return machine;
}

Deno.test("workers hear other machines and are heard there, in order, and no message comes back", async () => {
  const machine = await connected();
  await machine.posts("AA==", "BA==");
  await machine.receives("there", "CA==", "DA==");
  await machine.receives("here", "AA==", "BA==");
  assertEquals(machine.sent, ["AA==", "BA=="]);
  assertEquals(machine.heard, ["CA==", "DA=="]);
  assertEquals(machine.machines.status, {
    place: "redis://r:6379",
    problem: null,
    totals: { sent: 2, received: 2, dropped: 0 },
  });
});

Deno.test("a Redis that goes and comes back is said once each, with what was dropped meanwhile", async () => {
  const machine = await connected();
  for (let attempt = 0; attempt < 3; attempt++) {
    machine.redis.onDown(new RedisAway("the connection was closed"));
    await machine.posts("AA==", "BA==");
  }
  assertMatch(machine.machines.status.problem!, /^Redis at redis:\/\/r:6379 does not answer/);
  machine.redis.onUp();
  await machine.posts("CA==");
  assertEquals(machine.sent, ["CA=="]);
  assertEquals(machine.machines.status.totals, { sent: 1, received: 0, dropped: 6 });
  assertEquals(machine.lines.map((line) => line.replace(/^(\w+) +master pid=41 +/, "$1 ")), [
    "info channels reach other machines through Redis at redis://r:6379",
    "warning cannot pass messages of channels on to other machines: Redis at redis://r:6379 does not answer (the connection " +
    "was closed): start it, or correct channel-url; until then messages reach only this machine",
    "info channels reach other machines again: Redis at redis://r:6379 answers; 6 messages to them dropped",
  ]);
});

Deno.test("a start goes on without a Redis that is away, or says nothing", async () => {
  const away = new Machine();
  const starting = away.machines.start();
  away.redis.onDown(new Error("connect ECONNREFUSED 127.0.0.1:1"));
  await starting;
  const silent = new Machine();
  const waiting = silent.machines.start();
  await silent.pass(2_000);
  await waiting;
  assertEquals(silent.machines.status.problem, "it has not answered yet");
});

Deno.test("a Redis that refuses ends a start, and later is only said", async () => {
  const refusal = new Error("WRONGPASS invalid username-password pair");
  const machine = new Machine();
  const starting = machine.machines.start();
  machine.redis.onDown(refusal);
  const { code, message } = await assertRejects(() => starting, DenicornError);
  assertEquals(code, "channel-url");
  assertMatch(
    message,
    /^cannot pass messages .*: Redis at .* refuses the password \(.*\): correct it in channel-url$/,
  );
  assert(machine.isClosed);
  const later = await connected();
  later.redis.onDown(refusal);
  assertMatch(later.lines[1]!, /refuses the password/);
});

Deno.test("a Redis that was away and then refuses is said, once each", async () => {
  const machine = await connected();
  for (let attempt = 0; attempt < 3; attempt++) {
    machine.redis.onDown(new RedisAway("the connection was closed"));
  }
  for (let attempt = 0; attempt < 3; attempt++) {
    machine.redis.onDown(new Error("WRONGPASS invalid username-password pair"));
    machine.redis.onDown(new RedisAway("the connection was closed"));
  }
  machine.redis.onUp();
  const said = machine.lines.slice(1).map((line) =>
    /does not answer|refuses the password|again/.exec(line)?.[0]
  );
  assertEquals(said, ["does not answer", "refuses the password", "again"]);
});

Deno.test("what is not ours is ignored with one line, and harms nothing", async () => {
  const machine = await connected();
  const wrong = [
    ...["x", "{}\n", '{"denicorn":9,"server":"there"}\n', '"\n"', "[]\n", "null\n"],
    '{"denicorn":1,"server":"there"}\n{"type":"ready"}\n',
  ];
  for (let turn = 0; turn < 100; turn++) {
    for (const text of wrong) machine.redis.onMessage(new TextEncoder().encode(text));
  }
  machine.redis.onMessage(new Uint8Array(2_000_000));
  machine.redis.onMessage(new Uint8Array());
  await machine.receives("there", "AA==");
  assertEquals(machine.heard, ["AA=="]);
  assertEquals(machine.lines.length, 2);
  assertMatch(
    machine.lines[1]!,
    /a message of channels from Redis at .* ignored: it is not ours: give this app a \?prefix=/,
  );
  await machine.pass(60_000);
  assertMatch(machine.lines[2]!, /701 messages of channels from Redis at .* ignored/);
});

Deno.test("a Redis that is slow holds back a bounded number of messages, and others are dropped and counted", async () => {
  const machine = await connected();
  const { promise, resolve } = Promise.withResolvers<void>();
  machine.publish = () => promise;
  const data = "A".repeat(100_000);
  for (let count = 0; count < 100; count++) await machine.posts(data);
  // 1 MiB is on its way, 4 MiB wait.
  assertEquals(machine.sent.length, 11);
  assertMatch(
    machine.lines[1]!,
    /1 message of channels to other machines dropped: Redis at .* does not take them/,
  );
  resolve();
  await machine.pass(1_000);
  await machine.pass(1);
  const { sent, dropped } = machine.machines.status.totals;
  assertEquals([sent, dropped], [10 + 41, 100 - 51]);
});

Deno.test("a message that may not have arrived counts as dropped", async () => {
  const machine = await connected();
  machine.publish = () => Promise.reject(new RedisAway("closed"));
  await machine.posts("AA==");
  assertEquals(machine.machines.status.totals, { sent: 0, received: 0, dropped: 1 });
});

Deno.test("a flood from other machines is passed on only so fast", async () => {
  const machine = await connected();
  for (let batch = 0; batch < 100; batch++) {
    await machine.receives("there", ...Array.from({ length: 1_000 }, () => "AA=="));
  }
  const { received, dropped } = machine.machines.status.totals;
  assertEquals(received, 100_000);
  // In 0.2 s: what may be at once, what may be late, and what the rate allows.
  assert(machine.heard.length > 15_000 && machine.heard.length < 30_000, `${machine.heard.length}`);
  assertEquals(machine.heard.length, received - dropped);
  assert(machine.lines.some((line) => /from other machines dropped: they are more than/.test(line)));
});

Deno.test("the end waits for what was posted last, but not for long", async () => {
  const machine = await connected();
  const { promise, resolve } = Promise.withResolvers<void>();
  machine.publish = () => promise;
  await machine.posts("AA==");
  let hasEnded = false;
  const ending = machine.machines.end().then(() => hasEnded = true);
  await machine.pass(100);
  assertEquals([hasEnded, machine.isClosed], [false, false]);
  resolve();
  await ending;
  assert(machine.isClosed);
  const silent = await connected();
  silent.publish = () => new Promise(() => {});
  await silent.posts("AA==");
  const end = silent.machines.end();
  await silent.pass(500);
  await end;
});
