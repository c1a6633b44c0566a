import { openLog } from "../../../src/log/logger.ts";
import { ChannelHub } from "../../../src/master/channels/channel_hub.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import type { ChannelMessage } from "../../../src/protocol/channel_messages.ts";
import { FrameDecoder } from "../../../src/protocol/framing.ts";
import { assert, assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

/** Workers with their connections: what each has been sent, and whether it reads. */
class TestHub {
  readonly fakes = new FakeWorkers();
  readonly hub: ChannelHub;
  readonly workers: WorkerHandle[] = [];
  readonly received: string[][] = [];
  readonly #isSilent = new Set<number>();
  readonly #bytes: number[] = [];

  constructor(count: number, { isConfigured = true } = {}) {
    const { system } = this.fakes;
    const log = openLog(system, { logLevel: "info", logFormat: "text", errorLogfile: "-" }, { pid: 41 });
    this.hub = new ChannelHub(system.clock, log.logger);
    for (let slot = 0; slot < count; slot++) {
      const worker = this.fakes.ready(slot);
      const received: string[] = [];
      const decoder = new FrameDecoder();
      let isConfiguring = true;
      worker.connect({
        receive: async function* () {},
        send: (bytes) => {
          if (isConfiguring) return Promise.resolve();
          this.#bytes[slot] = (this.#bytes[slot] ?? 0) + bytes.length;
          for (const message of decoder.push(bytes)) {
            const { name, data } = message as { name: string; data: string };
            received.push(`${name}: ${data}`);
          }
          return this.#isSilent.has(slot) ? new Promise(() => {}) : Promise.resolve();
        },
        close: () => {},
      });
      if (isConfigured) void worker.send({ type: "load", config: {} as never });
      isConfiguring = false;
      this.workers.push(worker);
      this.received.push(received);
    }
  }

  says(slot: number, message: ChannelMessage): string | null | undefined {
    return this.hub.handle(this.workers[slot]!, message);
  }

  open(name: string, ...slots: number[]): void {
    for (const slot of slots) assertEquals(this.says(slot, { type: "channel-open", name }), null);
  }

  post(slot: number, name: string, data = "AA=="): void {
    assertEquals(this.says(slot, { type: "channel-post", name, data }), null);
  }

  /** From now on it takes nothing. */
  stops(slot: number): void {
    this.#isSilent.add(slot);
  }

  pass(ms: number): Promise<void> {
    return this.fakes.system.clock.advance(ms);
  }
}

Deno.test("a message reaches all others that have the channel open, in the order of its sender", async () => {
  const hub = new TestHub(4);
  hub.open("chat", 0, 1, 2);
  hub.open("other", 3);
  hub.post(0, "chat", "AA==");
  hub.post(0, "chat", "BA==");
  hub.post(3, "chat", "CA==");
  await hub.pass(5);
  assertEquals(hub.received, [
    ["chat: CA=="],
    ["chat: AA==", "chat: BA==", "chat: CA=="],
    ["chat: AA==", "chat: BA==", "chat: CA=="],
    [],
  ]);
});

Deno.test("who has closed the channel, or is gone, gets nothing", async () => {
  const hub = new TestHub(4);
  hub.open("chat", 0, 1, 2, 3);
  assertEquals(hub.says(1, { type: "channel-close", name: "chat" }), null);
  assertEquals(hub.says(1, { type: "channel-close", name: "never opened" }), null);
  hub.hub.gone(hub.workers[2]!);
  hub.post(0, "chat");
  await hub.pass(5);
  assertEquals(hub.received.map(({ length }) => length), [0, 0, 0, 1]);
});

Deno.test("what a worker says out of turn, or too much, is objected to; other messages are left alone", () => {
  const early = new TestHub(1, { isConfigured: false });
  assertEquals(
    early.says(0, { type: "channel-open", name: "chat" }),
    '"channel-open" before it had its configuration',
  );
  const hub = new TestHub(1);
  assertEquals(hub.hub.handle(hub.workers[0]!, { type: "closed" }), undefined);
  for (let count = 0; count < 10_000; count++) hub.open(`room ${count}`, 0);
  assertEquals(
    hub.says(0, { type: "channel-open", name: "one more" }),
    '"channel-open" beyond 10000 channels',
  );
});

Deno.test("a worker that does not read loses messages, and no other one does", async () => {
  const hub = new TestHub(3);
  hub.open("chat", 0, 1, 2);
  hub.stops(1);
  const data = "A".repeat(100_000);
  for (let count = 0; count < 100; count++) {
    hub.post(0, "chat", data);
    await hub.pass(2);
  }
  await hub.pass(1_000);
  assertEquals(hub.received[2]!.length, 100);
  assertEquals(hub.received[1]!.length, 1);
  const lines = hub.fakes.lines.filter((line) => line.includes("dropped"));
  assert(lines.length >= 2 && lines.length <= 3, lines.join("\n"));
  assert(
    /warning worker=1 gen=1 pid=101 +1 message of channels dropped: the worker does/.test(lines[0]!),
    lines[0],
  );
  const dropped = lines.map((line) => Number(/(\d+) messages? of/.exec(line)?.[1])).reduce((a, b) => a + b);
  // 4 MiB wait.
  assertEquals(dropped, 100 - 41);
});

Deno.test("a flood is read more slowly, and senders share what the master does", async () => {
  const hub = new TestHub(3);
  hub.open("chat", 0, 1, 2);
  for (let count = 0; count < 2_000; count++) hub.post(0, "chat");
  assertEquals(hub.hub.pauseFor(hub.workers[0]!), 0);
  for (let count = 0; count < 2_000; count++) hub.post(0, "chat");
  const alone = hub.hub.pauseFor(hub.workers[0]!);
  assert(alone > 20 && alone < 500, `${alone}`);
  assertEquals(hub.hub.pauseFor(hub.workers[1]!), 0);
  await hub.pass(alone + 1);
  assertEquals(hub.hub.pauseFor(hub.workers[0]!), 0);
});

Deno.test("10,000 short messages a second from one worker, and some from another, are never read more slowly", async () => {
  const hub = new TestHub(4);
  hub.open("chat", 0, 1, 2, 3);
  for (let ms = 0; ms < 2_000; ms++) {
    for (let count = 0; count < 10; count++) hub.post(0, "chat", "A".repeat(100));
    assertEquals(hub.hub.pauseFor(hub.workers[0]!), 0);
    hub.post(1, "chat");
    await hub.pass(1);
  }
  assertEquals(hub.received[3]!.length, 22_000);
});

Deno.test("another master gets what workers post, and its workers are heard, without an echo", async () => {
  const hub = new TestHub(2);
  hub.open("chat", 0, 1);
  const sent: string[] = [];
  const decoder = new FrameDecoder();
  const link = hub.hub.linkMaster((bytes) => {
    for (const message of decoder.push(bytes)) sent.push((message as { data: string }).data);
    return Promise.resolve();
  });
  hub.post(0, "chat", "AA==");
  link.receive({ type: "channel-post", name: "chat", data: "BA==" });
  link.receive({ type: "closed" });
  link.receive(null);
  await hub.pass(5);
  assertEquals([sent, ...hub.received], [["AA=="], ["chat: BA=="], ["chat: AA==", "chat: BA=="]]);
  link.close();
  hub.post(0, "chat", "CA==");
  await hub.pass(5);
  assertEquals(sent, ["AA=="]);
});

Deno.test("another master that does not read loses messages, and a line says how many, once a second", async () => {
  const hub = new TestHub(1);
  hub.hub.linkMaster(() => new Promise(() => {}));
  const data = "A".repeat(100_000);
  for (let count = 0; count < 100; count++) hub.post(0, "chat", data);
  await hub.pass(1_000);
  const lines = hub.fakes.lines.filter((line) => line.includes("dropped"));
  assertEquals(lines.map((line) => line.replace(/^.*pid=41 +/, "")), [
    "1 message of channels to the other master of the upgrade dropped: it does not read them as fast as workers " +
    "post: post less",
    "58 messages of channels to the other master of the upgrade dropped: it does not read them as fast as workers " +
    "post: post less",
  ]);
});

Deno.test("the last messages of workers that have ended are read and handed to those who take part", async () => {
  const test = new TestHub(2);
  const sent: Uint8Array[] = [];
  let take = () => {};
  test.hub.linkMaster((bytes) => {
    sent.push(bytes);
    return new Promise((resolve) => take = resolve);
  });
  test.workers.forEach((worker) => test.hub.connected(worker));
  let isFinished = false;
  void test.hub.finish().then(() => isFinished = true);
  const clock = test.fakes.system.clock;
  test.hub.gone(test.workers[0]!);
  await clock.advance(100);
  assertEquals([isFinished, sent.length], [false, 0]);
  test.post(1, "chat");
  test.hub.gone(test.workers[1]!);
  await clock.advance(100);
  assertEquals([isFinished, sent.length], [false, 1]);
  take();
  await clock.advance(100);
  assertEquals(isFinished, true);
});
