/** Responses that are not sent to their end, and those whose length is not what the app says. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import type { Server } from "./server.ts";

const logged = ["--access-logfile", "access.log", "--access-logformat", '"%(r)s" %(s)s %(E)s'];

const app = `
const encoder = new TextEncoder();
const part = (controller: ReadableStreamDefaultController) => controller.enqueue(encoder.encode("part"));
const fail = (): never => {
  throw new Error("out of sugar");
};
const partOnce = (then: (controller: ReadableStreamDefaultController) => void) => {
  let pulls = 0;
  return (controller: ReadableStreamDefaultController) => pulls++ === 0 ? part(controller) : then(controller);
};
const answerLater = async (make: () => ReadableStream) => new Response(make());
const failing: Record<string, () => ReadableStream> = {
  "pull-throws": () => new ReadableStream({ pull: partOnce(fail) }),
  "pull-rejects": () => new ReadableStream({ pull: partOnce(async () => fail()) }),
  "pull-errors": () => new ReadableStream({ pull: partOnce((controller) => controller.error(new Error("no"))) }),
  "first-pull": () =>
    new ReadableStream({
      pull(controller) {
        part(controller);
        fail();
      },
    }),
  "queue": () => {
    const start = (controller: ReadableStreamDefaultController) => [1, 2, 3].forEach(() => part(controller));
    return new ReadableStream({ start, pull: fail });
  },
  "bytes": () => new ReadableStream({ type: "bytes", pull: partOnce(fail) as never }),
  "copy": () => {
    const [kept, copy] = new ReadableStream({ pull: partOnce(fail) }).tee();
    copy.cancel().catch(() => {});
    return kept;
  },
  "nothing": () => new ReadableStream({ pull: fail }, { highWaterMark: 0 }),
};
export default (request: Request): Response | Promise<Response> => {
  const { pathname } = new URL(request.url);
  const stream = (start: (controller: ReadableStreamDefaultController) => unknown) =>
    new Response(new ReadableStream({ start }));
  if (pathname === "/fails") {
    return stream(async (controller) => {
      part(controller);
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.error(new Error("out of tea"));
    });
  }
  if (pathname === "/text") return stream((controller) => controller.enqueue("hello"));
  if (pathname === "/texts") {
    return stream((controller) => {
      part(controller);
      controller.enqueue("hello");
      controller.close();
    });
  }
  if (pathname === "/generator") {
    const parts = async function* () {
      yield encoder.encode("part");
      throw new Error("out of milk");
    };
    return new Response(ReadableStream.from(parts()));
  }
  if (pathname.startsWith("/failing/")) return new Response(failing[pathname.slice(9)]());
  if (pathname.startsWith("/awaited/")) return answerLater(failing[pathname.slice(9)]);
  if (pathname === "/last") return new Response(ReadableStream.from(["hello"]));
  if (pathname === "/bytes") {
    return new Response(ReadableStream.from(["hel", "lo"]).pipeThrough(new TextEncoderStream()));
  }
  if (pathname === "/open") return stream(part);
  if (pathname === "/endless") {
    return new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) }));
  }
  if (pathname === "/measured") {
    const parts = stream(async (controller) => {
      for (let sent = 0; sent < 3; sent++) {
        part(controller);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      controller.close();
    });
    return new Response(parts.body, { headers: { "content-length": "12" } });
  }
  if (pathname === "/measured-open") return new Response(stream(part).body, { headers: { "content-length": "12" } });
  if (pathname === "/passed-on") {
    return fetch(new URL("/measured", request.url), { headers: { "accept-encoding": "identity" } });
  }
  const length = new URL(request.url).searchParams.get("length");
  if (length !== null) return new Response("hello", { headers: { "content-length": length } });
  if (pathname === "/stream") {
    return new Response(new Blob(["hello"]).stream(), { headers: { "content-length": "2" } });
  }
  if (pathname === "/short") {
    return new Response(new Blob(["hello"]).stream(), { headers: { "content-length": "50" } });
  }
  if (pathname === "/coded") return new Response("hello", { headers: { "transfer-encoding": "gzip" } });
  if (pathname === "/head") return new Response(null, { headers: { "content-length": "1234" } });
  return new Response("next");
};\n`;

function accessLog(server: Server, folder: string, path: string): Promise<string> {
  return server.until(`a line about ${path}`, () => {
    const lines = Deno.readTextFileSync(`${folder}/access.log`).split("\n");
    return lines.find((line) => line.includes(`"GET ${path} `));
  });
}

/** All that the server sends until it closes the connection. */
async function ask(port: number, text: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(text));
  const received: string[] = [];
  for await (const chunk of connection.readable) received.push(new TextDecoder("latin1").decode(chunk));
  return received.join("");
}

integrationTest("the access log tells a response that failed from one whose client left", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: logged });
  await server.ready(1);
  const failed = await server.fetch("/fails").then((response) => response.text()).catch(() => "cut off");
  assertEquals(failed, "cut off");
  assertMatch(await accessLog(server, host.folder, "/fails"), /" 200 broken$/);
  await server.logged(/GET \/fails: the body of the response failed\n +Error: out of tea/);
  using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await client.write(new TextEncoder().encode("GET /open HTTP/1.1\r\nHost: a\r\n\r\n"));
  await client.read(new Uint8Array(1_000));
  client.close();
  assertMatch(await accessLog(server, host.folder, "/open"), /" 499 -$/);
  // It takes nothing, so the runtime waits to write to it.
  using idle = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await idle.write(new TextEncoder().encode("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n"));
  await idle.read(new Uint8Array(1_000));
  idle.close();
  assertMatch(await accessLog(server, host.folder, "/endless"), /" 499 -$/);
});

integrationTest("nor has a client left that got all of a stream with a Content-Length", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: logged });
  await server.ready(1);
  for (const path of ["/passed-on", "/measured"]) {
    assertEquals(await server.text(path), "part".repeat(3));
    assertMatch(await accessLog(server, host.folder, path), /" 200 -$/, path);
  }
  using client = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await client.write(new TextEncoder().encode("GET /measured-open HTTP/1.1\r\nHost: a\r\n\r\n"));
  await client.read(new Uint8Array(1_000));
  client.close();
  assertMatch(await accessLog(server, host.folder, "/measured-open"), /" 499 -$/);
});

integrationTest("what was sent before a stream fails reaches its client", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  for (const path of ["/generator", "/texts"]) {
    const received = await ask(server.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assertMatch(received, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n4\r\npart\r\n$/, path);
  }
});

integrationTest("and so does what it fails with at the moment at which it is read", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: logged });
  await server.ready(1);
  const parts = {
    "/failing/pull-throws": 1,
    "/failing/pull-rejects": 1,
    "/failing/pull-errors": 1,
    "/failing/first-pull": 1,
    "/failing/queue": 3,
    "/failing/bytes": 1,
    "/failing/copy": 1,
    "/failing/nothing": 0,
    "/awaited/pull-throws": 1,
    "/awaited/queue": 3,
    "/awaited/bytes": 1,
  };
  for (const [path, count] of Object.entries(parts)) {
    const received = await ask(server.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const sent = received.split("\r\n\r\n")[1]?.match(/part/g) ?? [];
    assertEquals([path, received.slice(0, 15), sent.length], [path, "HTTP/1.1 200 OK", count]);
    assert(!received.endsWith("0\r\n\r\n"), path);
    assertMatch(await accessLog(server, host.folder, path), /" 200 broken$/, path);
  }
  // Its queue is lost before the runtime asks for the response, but not the response.
  const received = await ask(server.port, "GET /awaited/first-pull HTTP/1.1\r\nHost: a\r\n\r\n");
  assertMatch(received, /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n$/);
  await server.logged(/GET \/awaited\/first-pull: the body of the response failed\n +Error: out of sugar/);
});

integrationTest(
  "a stream of anything but bytes fails at once, and the log names its request",
  async (host) => {
    const server = host.start({ files: { "main.ts": app }, args: logged });
    await server.ready(1);
    for (const path of ["/text", "/texts", "/last"]) {
      const got = await server.fetch(path).then((response) => response.text()).catch(() => "cut off");
      assertEquals([path, got], [path, "cut off"]);
      assertMatch(await accessLog(server, host.folder, path), /" 200 broken$/);
      const message = "TypeError: cannot send a chunk of the response: it is a string, not a Uint8Array";
      await server.logged(
        new RegExp(
          `GET ${path}: the body of the response failed\\n +${message}: encode text with TextEncoder`,
        ),
      );
    }
    assertEquals(await server.text("/bytes"), "hello");
    assertEquals(server.stderr.match(/cannot send a chunk/g)?.length, 3);
  },
);

integrationTest("a length or coding that an app sets never shifts the next answer", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  const next = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
  for (const path of ["/x?length=2", "/x?length=50", "/x?length=abc", "/coded"]) {
    const received = await ask(server.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n${next}`);
    const bodies = received.split(/HTTP\/1\.1 200 OK\r\n/).slice(1).map((answer) =>
      answer.split("\r\n\r\n")[1]
    );
    const framed = /transfer-encoding: chunked/i.test(received) ? "5\r\nhello\r\n0" : "hello";
    assertEquals([path, bodies[0], bodies.at(-1)], [path, framed, "next"]);
  }
  const cut = await ask(server.port, `GET /stream HTTP/1.1\r\nHost: a\r\n\r\n${next}`);
  assertMatch(cut, /\r\n\r\nheHTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nnext$/);
  // Its client must not take the next answer for the rest of it.
  const short = await ask(server.port, `GET /short HTTP/1.1\r\nHost: a\r\n\r\n${next}`);
  assert(!short.includes("next"), short);
  const head = await ask(server.port, "HEAD /head HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  assertMatch(head, /content-length: 1234/i);
});
