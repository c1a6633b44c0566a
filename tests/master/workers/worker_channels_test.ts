import { acceptChannels } from "../../../src/master/workers/worker_channels.ts";
import type { WorkerHandle } from "../../../src/master/workers/worker_handle.ts";
import type { Connection, UnixListener } from "../../../src/system/system.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock, settled } from "../../fakes/fake_clock.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

/** A process at the other end of a channel. */
class Client implements Connection {
  readonly #bytes = new TransformStream<Uint8Array, Uint8Array>();
  readonly #writer = this.#bytes.writable.getWriter();
  isClosed = false;

  receive(): AsyncIterable<Uint8Array> {
    return this.#bytes.readable;
  }

  send(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.isClosed = true;
    void this.#writer.close().catch(() => {});
  }

  async writes(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    void this.#writer.write(bytes).catch(() => {});
    await settled();
  }
}

/** Accepts channels of the workers whose tokens are "0", "1" and so on. */
class TestHost {
  readonly clock = new FakeClock();
  readonly log: string[] = [];
  readonly #workers = new FakeWorkers();
  readonly #tokens = new Map<string, WorkerHandle>();
  #accept: (connection: Connection) => void = () => {};

  constructor(workers: number) {
    for (let slot = 0; slot < workers; slot++) this.#tokens.set(String(slot), this.#workers.booting(slot));
    const accepted = new ReadableStream<Connection>({
      start: (controller) => void (this.#accept = (connection) => controller.enqueue(connection)),
    });
    const listener: UnixListener = { accept: () => accepted, close: () => {} };
    const tokens = this.#tokens;
    void acceptChannels(listener, {
      get expected() {
        return tokens.size;
      },
      identify: (token) => {
        const worker = tokens.get(token) ?? null;
        tokens.delete(token);
        return worker;
      },
      connected: ({ slot }) => void this.log.push(`connected ${slot}`),
      message: ({ slot }, { type }) => void this.log.push(`${type} from ${slot}`),
      malformed: ({ slot }, reason) => void this.log.push(`malformed from ${slot}: ${reason}`),
      disconnected: () => void this.log.push("disconnected"),
    }, this.clock);
  }

  async connects(): Promise<Client> {
    const client = new Client();
    this.#accept(client);
    await settled();
    return client;
  }
}

const hello = (token: string) => `{"type":"hello","token":"${token}","version":"1"}\n`;
const loaded = '{"type":"loaded"}\n';

Deno.test("a worker is known by its token, which works once", async () => {
  const host = new TestHost(2);
  const worker = await host.connects();
  await worker.writes(hello("0") + loaded);
  const second = await host.connects();
  await second.writes(hello("0"));
  assertEquals([worker.isClosed, second.isClosed], [false, true]);
  assertEquals(host.log, ["connected 0", "loaded from 0"]);
});

Deno.test("a connection is closed if it does not send a token in time, or anything else first", async () => {
  const host = new TestHost(1);
  const silent = await host.connects();
  for (
    const data of [
      loaded,
      "GET / HTTP/1.1\r\n\r\n",
      hello("7"),
      "x".repeat(1_025),
      Uint8Array.of(0x22, 0xff, 0x22, 0x0a),
    ]
  ) {
    const client = await host.connects();
    await client.writes(data);
    assertEquals(client.isClosed, true, String(data));
  }
  await host.clock.advance(9_999);
  assertEquals(silent.isClosed, false);
  await host.clock.advance(1);
  assertEquals([silent.isClosed, host.log], [true, []]);
});

Deno.test("of too many connections without a token the oldest is closed, and no worker", async () => {
  const host = new TestHost(2);
  const worker = await host.connects();
  await worker.writes(hello("0"));
  const strangers = [];
  for (let count = 0; count < 40; count++) strangers.push(await host.connects());
  // One worker is expected, and 32 more may be open.
  assertEquals(strangers.map(({ isClosed }) => isClosed), [
    ...Array(7).fill(true),
    ...Array(33).fill(false),
  ]);
  const second = await host.connects();
  await second.writes(hello("1"));
  assertEquals([worker.isClosed, second.isClosed], [false, false]);
  assertEquals(host.log, ["connected 0", "connected 1"]);
});

Deno.test("while no worker is expected, every connection is closed at once", async () => {
  const host = new TestHost(1);
  const worker = await host.connects();
  await worker.writes(hello("0"));
  const stranger = await host.connects();
  assertEquals([stranger.isClosed, worker.isClosed], [true, false]);
});

Deno.test("after what is no message, nothing of the worker is read, and its channel is closed", async () => {
  for (
    const [data, reason] of [
      [`{"type":"ready","addresses":null}\n`, "it is not one of the known messages"],
      [`{"type":"whatever"}\n`, "it is not one of the known messages"],
      ["\x00\x01\n", "Unexpected token"],
      [Uint8Array.of(0x22, 0xff, 0x22, 0x0a), "The encoded data is not valid"],
      ["x".repeat(1_048_577), "a line of more than 1048576 bytes"],
    ] as const
  ) {
    const host = new TestHost(1);
    const worker = await host.connects();
    await worker.writes(hello("0") + loaded);
    await worker.writes(data);
    await worker.writes(loaded);
    const [connected, first, malformed, end, ...rest] = host.log;
    assertEquals([connected, first, end, rest], ["connected 0", "loaded from 0", "disconnected", []]);
    assertEquals(malformed?.startsWith(`malformed from 0: ${reason}`), true, malformed);
    assertEquals(worker.isClosed, true);
  }
});

Deno.test("a worker that sends far more messages than workers send is ended", async () => {
  const host = new TestHost(1);
  const worker = await host.connects();
  await worker.writes(hello("0") + loaded.repeat(100));
  assertEquals(host.log.length, 101);
  await host.clock.advance(10_000);
  await worker.writes(loaded.repeat(200));
  assertEquals(host.log.length, 301);
  await worker.writes(loaded);
  assertEquals(host.log.slice(301), ["malformed from 0: 301 messages in 10000 ms", "disconnected"]);
});

Deno.test("a worker may say 200 times a second that it has added tasks, and report besides, but not much more", async () => {
  const host = new TestHost(1);
  const worker = await host.connects();
  const added = `{"type":"tasks-added"}\n`;
  await worker.writes(hello("0"));
  for (let second = 0; second < 60; second++) {
    await host.clock.advance(1_000);
    await worker.writes(added.repeat(300));
  }
  assertEquals(host.log.length, 1 + 18_000);
  await worker.writes(added.repeat(101));
  assertEquals(host.log.slice(18_101), ["malformed from 0: 18101 messages in 60000 ms", "disconnected"]);
});

Deno.test("a worker answers as many questions as it is asked", async () => {
  const host = new TestHost(1);
  const worker = await host.connects();
  const answer = `{"type":"task-answer","number":1,"answer":"{}"}\n`;
  await worker.writes(hello("0") + answer.repeat(1_000));
  assertEquals(host.log.length, 1_001);
});
