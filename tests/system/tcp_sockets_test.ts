import { refusalProgram } from "../../src/core/listeners/refusal_program.ts";
import { encodeProgram } from "../../src/core/listeners/steering_program.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../assert.ts";
import { linuxOnly } from "./linux_only.ts";

const { sockets } = createSystem();

linuxOnly(
  "a listener is found by its port, its connections by theirs, and what waits is counted",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const found = sockets.listeners().filter((socket) => socket.port === port);
    assertEquals(found.length, 1);
    const descriptor = found[0]!.descriptor;

    using client = await Deno.connect({ hostname: "127.0.0.1", port });
    assertEquals(sockets.waiting(descriptor), 1);
    // The client's end has another port.
    assertEquals(sockets.connections(port).length, 0);
    using server = await listener.accept();
    assertEquals(sockets.waiting(descriptor), 0);
    assertEquals(sockets.connections(port).length, 1);
    assert(sockets.connections(port)[0]!.idle < 5_000);
    server.close();
    client.close();
  },
);

linuxOnly("what is no socket cannot be steered, and the error says what failed", () => {
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
  // More than the buffers of both ends hold: the write does not come to its end.
  const written = (async () => {
    for (let count = 0; count < 64; count++) await server.write(chunk);
  })().catch(() => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = setInterval(() => {
    if (sockets.connections(port).every(({ idle }) => idle === 0)) resolve();
  }, 10);
  await promise;
  clearInterval(look);
  assertEquals(sockets.connections(port).map(({ idle }) => idle), [0]);
  client.close();
  await written;
});

linuxOnly(
  "a listener that refuses new connections keeps those it has, and shut it lets nobody wait",
  async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const { descriptor } = sockets.listeners().find((socket) => socket.port === port)!;
    using early = await Deno.connect({ hostname: "127.0.0.1", port });
    sockets.filter(descriptor, encodeProgram(refusalProgram));
    let isSettled = false;
    const late = assertRejects(
      () => Deno.connect({ hostname: "127.0.0.1", port }).finally(() => isSettled = true),
      Deno.errors.ConnectionRefused,
    );
    using server = await listener.accept();
    await early.write(new Uint8Array(3));
    assertEquals(await server.read(new Uint8Array(9)), 3);
    assertEquals([isSettled, sockets.waiting(descriptor)], [false, 0]);
    sockets.stopListening(descriptor);
    // It asks again a second after the first time.
    await late;
    await server.write(new Uint8Array(4));
    assertEquals(await early.read(new Uint8Array(9)), 4);
  },
);
