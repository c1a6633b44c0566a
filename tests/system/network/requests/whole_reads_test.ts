import { isReadWhole } from "../../../../src/system/network/requests/whole_reads.ts";
import { assertEquals } from "../../../assert.ts";

/** Whether a body of which a half has come is read whole after `read` and after some time. */
async function seen(read: (request: Request) => unknown): Promise<boolean[]> {
  const { promise, resolve } = Promise.withResolvers<boolean[]>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    Promise.resolve(read(request)).catch(() => {});
    const found = [isReadWhole(request.body!)];
    await new Promise((resolve) => setTimeout(resolve, 10));
    resolve([...found, isReadWhole(request.body!)]);
    return new Response("done");
  });
  const client = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await client.write(
    new TextEncoder().encode("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nabc"),
  );
  const found = await promise;
  client.close();
  await server.shutdown();
  return found;
}

Deno.test("text() and the like read a body whole", async () => {
  assertEquals(await seen((request) => request.text()), [true, true]);
  assertEquals(await seen((request) => request.arrayBuffer()), [true, true]);
});

Deno.test("readers, copies and those who do not read do not", async () => {
  assertEquals((await seen((request) => request.body!.getReader().read()))[1], false);
  assertEquals((await seen((request) => request.body!.getReader()))[1], false);
  assertEquals((await seen(() => {}))[1], false);
  const [copied] = new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }).tee();
  await copied!.getReader().read();
  assertEquals(isReadWhole(copied!), false);
});
