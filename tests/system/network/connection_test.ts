import { network } from "../../../src/system/network/deno_network.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("what the other side has sent last is read, also after a message to it has failed", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const listener = network.listenUnix(`${folder}/socket`);
    const accepted = (async () => {
      for await (const connection of listener.accept()) return connection;
      throw new Error("closed");
    })();
    const other = await Deno.connect({ transport: "unix", path: `${folder}/socket` });
    const connection = await accepted;
    const received = connection.receive()[Symbol.asyncIterator]();
    await other.write(new TextEncoder().encode("first"));
    const texts = [new TextDecoder().decode((await received.next()).value)];
    await other.write(new TextEncoder().encode("last"));
    // It has not read what it gets.
    await connection.send(new Uint8Array(10));
    other.close();
    // Fails, as nobody can read it.
    await connection.send(new Uint8Array(10));
    texts.push(new TextDecoder().decode((await received.next()).value));
    assertEquals([texts, (await received.next()).done], [["first", "last"], true]);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

Deno.test("a connection that nobody reads from ends with the first message that fails", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    const listener = network.listenUnix(`${folder}/socket`);
    const accepted = (async () => {
      for await (const connection of listener.accept()) return connection;
      throw new Error("closed");
    })();
    (await Deno.connect({ transport: "unix", path: `${folder}/socket` })).close();
    const connection = await accepted;
    await connection.send(new Uint8Array(10));
    for await (const _ of connection.receive()) throw new Error("it is open");
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});
