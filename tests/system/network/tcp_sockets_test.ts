import { refusalProgram } from "../../../src/core/listeners/refusal_program.ts";
import { encodeProgram } from "../../../src/core/listeners/steering_program.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import type { TcpConnection } from "../../../src/system/system.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const { sockets } = createSystem();

/** Connections to `port` that carried data less than `recent` milliseconds ago. */
function active(port: number, recent: number): TcpConnection[] {
  const connections: TcpConnection[] = [];
  for (let from: number | null = 0; from !== null;) {
    const { found, next } = sockets.findActive(new Set([port]), recent, from, 7);
    if (found !== null) connections.push(found);
    from = next;
  }
  return connections;
}

linuxOnly(
  "listeners and active connections are found by their port, and waiting connections are counted",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const found = sockets.listeners().filter((socket) => socket.port === port);
    assertEquals(found.length, 1);
    const descriptor = found[0]!.descriptor;

    using client = await Deno.connect({ hostname: "127.0.0.1", port });
    assertEquals(sockets.waiting(descriptor), 1);
    // The end of the client has another port.
    assertEquals(active(port, 60_000), []);
    using server = await listener.accept();
    assertEquals(sockets.waiting(descriptor), 0);
    assertEquals(active(port, 60_000).length, 1);
    assert(active(port, 60_000)[0]!.idle < 5_000);
    assertEquals(active(port, 0), []);
    server.close();
    client.close();
  },
);

linuxOnly("steering fails for what is not a socket, with an error that names the call", () => {
  using file = Deno.openSync("/dev/null");
  assert(file !== null);
  assertThrows(() => sockets.steer(-1, new Uint8Array(8)), Error, "SO_ATTACH_REUSEPORT_CBPF: Bad file");
});

linuxOnly("a connection whose client does not read is not idle", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  using client = await Deno.connect({ hostname: "127.0.0.1", port });
  using server = await listener.accept();
  const chunk = new Uint8Array(1 << 20);
  // More than the buffers of both ends hold: the write does not finish.
  const written = (async () => {
    for (let count = 0; count < 64; count++) await server.write(chunk);
  })().catch(() => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  const check = setInterval(() => {
    if (active(port, 1).length === 1) resolve();
  }, 10);
  await promise;
  clearInterval(check);
  assertEquals(active(port, 60_000).map(({ idle }) => idle), [0]);
  client.close();
  await written;
});

linuxOnly(
  "a listener with a filter keeps its connections, and after the end of listening new ones are refused",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const { descriptor } = sockets.listeners().find((socket) => socket.port === port)!;
    using early = await Deno.connect({ hostname: "127.0.0.1", port });
    sockets.filter(descriptor, encodeProgram(refusalProgram));
    let hasFailed = false;
    const late = assertRejects(
      () => Deno.connect({ hostname: "127.0.0.1", port }).finally(() => hasFailed = true),
      Deno.errors.ConnectionRefused,
    );
    using server = await listener.accept();
    await early.write(new Uint8Array(3));
    assertEquals(await server.read(new Uint8Array(9)), 3);
    assertEquals([hasFailed, sockets.waiting(descriptor)], [false, 0]);
    sockets.stopListening(descriptor);
    // The client tries again a second after its first attempt.
    await late;
    await server.write(new Uint8Array(4));
    assertEquals(await early.read(new Uint8Array(9)), 4);
  },
);

linuxOnly("a listener without its filter gets new connections again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const { descriptor } = sockets.listeners().find((socket) => socket.port === port)!;
  sockets.filter(descriptor, encodeProgram(refusalProgram));
  const early = Deno.connect({ hostname: "127.0.0.1", port });
  let isMade = false;
  early.then(() => isMade = true, () => {});
  sockets.endFilter(descriptor);
  using _late = await Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(isMade, false);
  // Its client tries again a second after its first attempt.
  (await early).close();
});

linuxOnly(
  "no kept connection is ended to make room while there is one on which nothing arrived",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    using keptClient = await Deno.connect({ hostname: "127.0.0.1", port });
    using kept = await listener.accept();
    await keptClient.write(new Uint8Array(1));
    await kept.read(new Uint8Array(1));
    await idleFor(port, 1, 60);
    using silentClient = await Deno.connect({ hostname: "127.0.0.1", port });
    using silent = await listener.accept();
    const endIdle = () => sockets.endIdle(new Set([port]), 16, false);
    // The silent one is too new to end, or the only one that ends.
    for (let found = endIdle(); found.ended === 0; found = endIdle()) {
      assertEquals(found, { ended: 0, tooNew: 1 });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    assertEquals(await silent.read(new Uint8Array(1)), null);
    silent.close();
    await kept.write(new Uint8Array(1));
    assertEquals(await keptClient.read(new Uint8Array(1)), 1, "the kept connection lives");
    silentClient.close();
    await idleFor(port, 1, 60);
    assertEquals(endIdle(), { ended: 1, tooNew: 0 });
    assertEquals(await kept.read(new Uint8Array(1)), null);
  },
);

/** Waits until `count` connections to `port` have carried no data for `idle` milliseconds. */
async function idleFor(port: number, count: number, idle: number): Promise<void> {
  const isIdle = () => active(port, 60_000).filter((found) => found.idle >= idle).length === count;
  while (!isIdle()) await new Promise((resolve) => setTimeout(resolve, 5));
}
