import { serveShared } from "../../../src/system/network/shared_serving.ts";
import { unixSockets } from "../../../src/system/network/unix/unix_sockets.ts";
import { tcpSockets } from "../../../src/system/network/tcp_sockets.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";
import { linuxOnly } from "../linux_only.ts";

function withSocket(body: (path: string, descriptor: number) => Promise<void> | void) {
  return async () => {
    const folder = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
    const path = `${folder}/app.sock`;
    const descriptor = unixSockets.listen(path, { backlog: 100, mode: 0o620 });
    try {
      await body(path, descriptor);
    } finally {
      tcpSockets.close(descriptor);
      Deno.removeSync(folder, { recursive: true });
    }
  };
}

async function ask(path: string): Promise<string> {
  using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
  return await (await fetch("http://localhost/", { client })).text();
}

function serve(path: string, descriptor: number, answer: string) {
  const options = { isCompressing: false, onError: () => new Response("failed") };
  return serveShared({ path, descriptor }, options, () => new Response(answer));
}

linuxOnly(
  "a socket has its mode from the beginning, says who listens, and a second one cannot be there",
  withSocket((path) => {
    assertEquals(Deno.lstatSync(path).mode! & 0o777, 0o620);
    assertEquals(unixSockets.listenerAt(path), Deno.pid);
    assertThrows(
      () => unixSockets.listen(path, { backlog: 1, mode: 0o600 }),
      Error,
      "Address already in use",
    );
  }),
);

linuxOnly(
  "one that nobody listens on is stale, and a file is none",
  withSocket((path, descriptor) => {
    assert(!unixSockets.isRefusing(descriptor));
    unixSockets.refuse(descriptor);
    assert(unixSockets.isRefusing(descriptor));
    assertEquals(unixSockets.listenerAt(path), null);
    assertEquals(unixSockets.listenerAt(`${path}.none`), null);
  }),
);

linuxOnly(
  "a server that leaves keeps its connections, and another one accepts what waits; later it accepts again",
  withSocket(async (path, descriptor) => {
    const first = serve(path, descriptor, "first");
    assertEquals([await ask(path), first.state], ["first", "accepting"]);
    using kept = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    const askKept = async () => await (await fetch("http://localhost/", { client: kept })).text();
    assertEquals(await askKept(), "first");
    first.leave();
    assertEquals(first.state, "parked");
    const waiting = ask(path);
    assertEquals(await askKept(), "first");
    const second = serve(path, descriptor, "second");
    assertEquals(await waiting, "second");
    second.leave();
    first.accept();
    assertEquals([await ask(path), first.state, second.state], ["first", "accepting", "parked"]);
    kept.close();
    await Promise.all([first.stopAccepting(), second.stopAccepting()]);
    assertEquals([first.state, second.state], ["closed", "closed"]);
    assertEquals(unixSockets.listenerAt(path), Deno.pid, "the shared socket is still there");
  }),
);

linuxOnly(
  "once a socket refuses, what waits is still answered, and the server is idle then",
  withSocket(async (path, descriptor) => {
    const server = serve(path, descriptor, "answer");
    server.leave();
    const waiting = await Promise.all([1, 2].map(() => Deno.connect({ transport: "unix", path })));
    const request = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    for (const connection of waiting) await connection.write(request);
    unixSockets.refuse(descriptor);
    server.accept();
    for (const connection of waiting) {
      assert((await new Response(connection.readable).text()).endsWith("answer"));
    }
    assertEquals(await Deno.connect({ transport: "unix", path }).then(() => true, () => false), false);
    await server.stopAccepting();
  }),
);

linuxOnly(
  "a client that does not take its answer is seen, and a request that was not read",
  withSocket(async (path, descriptor) => {
    const options = { isCompressing: false, onError: () => new Response("failed") };
    const body = new Uint8Array(4_000_000);
    const server = serveShared({ path, descriptor }, options, () => new Response(body));
    const paths = new Set([path]);
    assert(!unixSockets.areBytesWaiting(paths));
    const client = await Deno.connect({ transport: "unix", path });
    await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
    const buffer = new Uint8Array(65_536);
    await client.read(buffer);
    assert(unixSockets.areBytesWaiting(paths));
    while (await client.read(buffer) !== null);
    assert(!unixSockets.areBytesWaiting(paths));
    client.close();
    await server.stopAccepting();
  }),
);
