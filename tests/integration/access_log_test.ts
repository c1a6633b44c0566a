import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, type TestHost } from "./harness.ts";

const args = ["--access-logfile", "access.log"];

/** `/wait` never answers, `/stream` sends a part and then nothing, `/ws` upgrades after an await. */
const app = `
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname === "/wait") await new Promise(() => {});
  if (pathname === "/ws") {
    await new Promise((resolve) => setTimeout(resolve, 1));
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.onopen = () => socket.close();
    await new Promise((resolve) => setTimeout(resolve, 1));
    return response;
  }
  if (pathname === "/stream") {
    return new Response(new ReadableStream({ start: (stream) => stream.enqueue(new TextEncoder().encode("part")) }));
  }
  return new Response("done", { status: 201 });
};\n`;

/** The requests in the access log: \`GET /path 200\`. */
function lines({ folder }: TestHost): string[] {
  const text = Deno.readTextFileSync(`${folder}/access.log`);
  return text.trimEnd().split("\n").map((line) =>
    line.replace(/^.*"(\S+ \S+) HTTP\/1\.1" (\d+) .*$/, "$1 $2")
  );
}

integrationTest("a request that is cut off at the deadline has a line in the access log", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: [...args, "--graceful-timeout", "1"] });
  await server.ready(1);
  const waiting = server.text("/wait?a=1").catch(() => "cut");
  const stream = await server.fetch("/stream");
  await stream.body!.getReader().read();
  await server.until("both in flight", async () => (await server.status())?.workers[0]?.inFlight === 2);
  server.kill("SIGTERM");
  assertEquals([(await server.exit()).code, await waiting], [0, "cut"]);
  assertEquals(lines(host).toSorted(), ["GET /stream 200", "GET /wait?a=1 503"], server.stderr);
});

integrationTest("an access line is in the combined format, with the size of the body", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args });
  await server.ready(1);
  await (await server.fetch("/a?b=1", { headers: { "user-agent": "x", referer: "http://y/" } })).text();
  const text = await server.until(
    "the line",
    () => Deno.readTextFileSync(`${host.folder}/access.log`) || false,
  );
  assertMatch(text, /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/a\?b=1 HTTP\/1\.1" 201 4 "http:\/\/y\/" "x"\n$/);
});

integrationTest(
  "a WebSocket that is opened after an await is logged with 101 and its close code",
  async (host) => {
    const format = ["--access-logformat", '"%(r)s" %(s)s %(b)s %(E)s'];
    const server = host.start({ files: { "main.ts": app }, args: [...args, ...format] });
    await server.ready(1);
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/ws`);
    await new Promise((resolve) => socket.onclose = resolve);
    await server.until("the line", () => lines(host)[0] === "GET /ws 101");
    assertMatch(Deno.readTextFileSync(`${host.folder}/access.log`), / 101 - closed \d+\n$/);
  },
);

integrationTest(
  "a client that leaves in the middle of a stream is logged with 499",
  async (host) => {
    const server = host.start({ files: { "main.ts": app }, args });
    await server.ready(1);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    await connection.write(new TextEncoder().encode("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n"));
    await connection.read(new Uint8Array(1_024));
    connection.close();
    const [line] = await server.until("the line", () => lines(host)[0] !== "" && lines(host));
    assertEquals(line, "GET /stream 499");
    const [worker] = await server.ready(1);
    assert(worker!.inFlight === 0);
  },
);
