import { connectionLooks } from "../../../src/system/network/connection_looks.ts";
import type { ConnectionLook } from "../../../src/core/listeners/slow_connections.ts";
import { assert, assertEquals } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

const text = new TextEncoder();

/** Both ends of a connection, and how it is seen from the end that listened. */
async function connection() {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const [client, server] = await Promise.all([
    Deno.connect({ hostname: "127.0.0.1", port }),
    listener.accept(),
  ]);
  const ports = new Set([port]);
  const { looks } = connectionLooks.look(ports, 0, Infinity, () => true);
  assertEquals(looks.length, 1);
  const { descriptor } = looks[0]!;
  const look = () => connectionLooks.lookAt(ports, descriptor, () => true);
  const until = async (check: (look: ConnectionLook) => boolean) => {
    while (!check(look()!)) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const close = () => [client, server].forEach((end) => end.close());
  return { client, server, descriptor, ports, look, until, close };
}

linuxOnly("bytes are counted in both directions, and whether they were read", async () => {
  const { client, server, descriptor, look, until, close } = await connection();
  const first = look()!;
  assertEquals(first.peerPort, client.localAddr.port);
  assertEquals([first.received, first.taken, first.isSending], [0, 0, false]);
  await client.write(text.encode("hello"));
  await until(({ received }) => received === 5);
  assert(connectionLooks.hasUnread(descriptor));
  await server.read(new Uint8Array(5));
  assert(!connectionLooks.hasUnread(descriptor));
  await server.write(text.encode("hi"));
  await until(({ taken, isSending }) => taken === 2 && !isSending);
  close();
});

linuxOnly("what a client does not take is seen as being sent", async () => {
  const { server, look, until, close } = await connection();
  const writing = server.write(new Uint8Array(64_000_000)).catch(() => 0);
  await until(({ isSending, taken }) => isSending && taken > 0);
  assert(look()!.isSending);
  close();
  await writing;
});

linuxOnly("a connection ends after its last bytes, and is none any more", async () => {
  const { client, descriptor, look, close } = await connection();
  connectionLooks.end(descriptor, text.encode("bye"));
  const bytes = new Uint8Array(10);
  assertEquals(await client.read(bytes), 3);
  assertEquals(await client.read(bytes), null);
  assertEquals(look(), null);
  close();
});

linuxOnly("where reading has ended, the client still gets what is sent", async () => {
  const { client, server, descriptor, close } = await connection();
  connectionLooks.stopReading(descriptor);
  assertEquals(await server.read(new Uint8Array(1)), null);
  await server.write(text.encode("answer"));
  assertEquals(await client.read(new Uint8Array(10)), 6);
  close();
});

linuxOnly("connections to other ports are not seen, nor what is no connection", async () => {
  const { descriptor, close } = await connection();
  assertEquals(connectionLooks.lookAt(new Set([1]), descriptor, () => true), null);
  assertEquals(connectionLooks.lookAt(new Set([1]), 0, () => true), null);
  close();
});
