import { isAwaitingBody } from "../../../../src/system/network/requests/awaited_body.ts";
import { assertEquals } from "../../../assert.ts";

/** Sends half a body to a server, and asks about its request once `read` has begun. */
async function asked(
  read: (request: Request) => unknown,
  { head, body, arrived }: { head: string; body: string; arrived?: number },
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const text = `POST /path HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n${body}`;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const reading = Promise.resolve(read(request)).catch(() => {});
    // Whatever has arrived is read by then.
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 10));
    resolve(isAwaitingBody(request, arrived ?? text.length));
    await reading;
    return new Response("done");
  });
  const client = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await client.write(new TextEncoder().encode(text));
  const isAwaiting = await promise;
  client.close();
  await server.shutdown();
  return isAwaiting;
}

const known = { head: "Content-Length: 5", body: "abc" };
const chunked = { head: "Transfer-Encoding: chunked", body: "3\r\nabc\r\n" };

async function readAll(request: Request): Promise<void> {
  for await (const _ of request.body!);
}

async function readOnce(request: Request): Promise<void> {
  await request.body!.getReader().read();
}

Deno.test("an app waits for a body that it reads to its end", async () => {
  for (const sent of [known, chunked]) {
    assertEquals(await asked(readAll, sent), true);
    assertEquals(await asked((request) => request.text(), sent), true);
  }
});

Deno.test("it does not while it does something else", async () => {
  assertEquals(await asked(() => {}, known), false);
  assertEquals(await asked(readOnce, chunked), false);
  // More may have come than was read.
  assertEquals(await asked(readOnce, { ...known, arrived: 1_000 }), false);
});

Deno.test("it does not once the body is whole", async () => {
  for (const sent of [{ ...known, body: "12345" }, { ...chunked, body: "3\r\nabc\r\n0\r\n\r\n" }]) {
    assertEquals(await asked(readAll, sent), false);
    assertEquals(await asked((request) => request.text(), sent), false);
  }
});

Deno.test("what is no request of the runtime waits for nothing", () => {
  assertEquals(isAwaitingBody({ method: "GET", url: "/" }, 0), false);
  assertEquals(isAwaitingBody(new Request("http://localhost/"), 0), false);
});
