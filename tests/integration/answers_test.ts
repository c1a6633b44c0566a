/** What an app may answer, and what becomes of a request that has no proper answer. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";

/** Each path is answered in another wrong way, with `-async` behind a promise. `/slow` takes two seconds. */
const wrongApp = `
class Response2 { status = 200; headers = new Headers(); body = null; }
const once = new Response("once");
const answers: Record<string, () => unknown> = {
  "/undefined": () => undefined,
  "/null": () => null,
  "/text": () => "hello",
  "/like": () => new Response2(),
  "/hollow": () => Object.create(Response.prototype),
  "/error": () => Response.error(),
  "/used": () => once,
  "/throw": () => { throw new Error("thrown by the app"); },
  "/throw-undefined": () => { throw undefined; },
};
await once.text();
export default (request: Request): unknown => {
  const { pathname } = new URL(request.url);
  if (pathname === "/slow") return new Promise((resolve) => setTimeout(() => resolve(new Response("slow")), 2000));
  if (pathname === "/") return new Response(String(Deno.pid));
  const name = pathname.replace("-async", "");
  return name === pathname ? answers[name]!() : Promise.resolve().then(answers[name]);
};\n`;

/** The path, and what the log says about it. */
const wrong = [
  ["/undefined", /the app answered undefined, not a Response: is a return missing\?/],
  ["/null", /the app answered null, not a Response/],
  ["/text", /the app answered a string, not a Response/],
  ["/like", /the app answered an object \(Response2\), not a Response/],
  ["/hollow", /the app answered an object \(Response\), not a Response/],
  ["/error", /the app answered Response\.error\(\), which cannot be sent/],
  ["/used", /the app answered a Response whose body has been read before/],
  ["/throw", /the app threw\n +Error: thrown by the app\n +at .*main\.ts:12:/],
  ["/throw-undefined", /the app threw\n +undefined/],
] as const;

for (const args of [[], ["--access-logfile", "access.log"]]) {
  const how = args.length === 0 ? "without" : "with";
  integrationTest(`a wrong answer costs one request, not its worker, ${how} an access log`, async (host) => {
    const server = host.start({ files: { "main.ts": wrongApp }, args });
    const [worker] = await server.ready(1);
    for (const [path, line] of wrong) {
      for (const full of [path, `${path}-async`]) {
        const from = server.stderr.length;
        const response = await server.fetch(`${full}?secret=1`);
        assertEquals([full, response.status, await response.text()], [full, 500, "Internal Server Error"]);
        await server.logged(new RegExp(`error .*  GET ${full}: ${line.source}`), from);
      }
    }
    assertEquals(await server.text(), String(worker!.pid), server.stderr);
    assert(!server.stderr.includes("secret"), server.stderr);
    const [same] = await server.ready(1);
    const count = wrong.length * 2;
    assertEquals([same!.pid, same!.requests], [worker!.pid, count + 1]);
    if (args.length === 0) return;
    const lines = await server.until("the access log", () => {
      const found = Deno.readTextFileSync(`${host.folder}/access.log`).trim().split("\n");
      return found.length === count + 1 && found;
    });
    assertEquals(lines.filter((line) => line.includes('" 500 ')).length, count, lines.join("\n"));
  });
}

integrationTest("a wrong answer while its worker drains costs one request", async (host) => {
  const server = host.start({ files: { "main.ts": wrongApp } });
  const [worker] = await server.ready(1);
  const slow = server.text("/slow").catch((error) => String(error));
  await server.until("the slow request", async () => (await server.status())?.workers[0]?.inFlight === 1);
  const [probe, ...connections] = await Promise.all(["/", "/undefined", "/throw-async"].map(async (path) => {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    assertMatch(await ask(connection, "/"), /200 OK/);
    return { connection, path };
  }));
  server.kill("SIGHUP");
  await server.until(
    "a response that closes its connection",
    async () => /connection: close/i.test(await ask(probe!.connection, "/")),
  );
  probe!.connection.close();
  for (const { connection, path } of connections) {
    assertMatch(await ask(connection, path), /^HTTP\/1\.1 500 .*connection: close/is);
    connection.close();
  }
  assertEquals(await slow, "slow");
  await server.ready(1, 2);
  assertMatch(server.stderr, new RegExp(`pid=${worker!.pid}  GET /undefined: the app answered undefined`));
  assertMatch(server.stderr, new RegExp(`pid=${worker!.pid}  GET /throw-async: the app threw`));
  assertMatch(server.stderr, new RegExp(`pid=${worker!.pid}  drained`));
});

/** Each path upgrades its request, and then answers something else. */
const upgradeApp = `
export default (request: Request): unknown => {
  const { pathname } = new URL(request.url);
  if (pathname === "/") return new Response(String(Deno.pid));
  const { socket, response } = Deno.upgradeWebSocket(request);
  switch (pathname) {
    case "/right": return socket.onopen = () => socket.send("hello"), response;
    case "/throw": throw new Error("thrown by the app");
    case "/other": return new Response("other");
    case "/later": return Promise.resolve();
  }
};\n`;

integrationTest(
  "a wrong answer to a request that became a WebSocket closes that, not the listener",
  async (host) => {
    const server = host.start({ files: { "main.ts": upgradeApp }, args: ["--access-logfile", "access.log"] });
    const [worker] = await server.ready(1);
    for (
      const [path, line] of [
        ["/throw", "the app threw\n +Error: thrown by the app"],
        ["/other", "the app answered another Response than that of Deno.upgradeWebSocket\\(\\)"],
        ["/later", "the app answered undefined, not a Response"],
      ] as const
    ) {
      const socket = new WebSocket(`ws://127.0.0.1:${server.port}${path}`);
      const { code } = await new Promise<CloseEvent>((resolve) => socket.onclose = resolve);
      assertEquals([path, code], [path, 1011], server.stderr);
      await server.logged(new RegExp(`error .*  GET ${path}: ${line}`));
      assertEquals(await server.text(), String(worker!.pid), server.stderr);
    }
    const right = new WebSocket(`ws://127.0.0.1:${server.port}/right`);
    const { data } = await new Promise<MessageEvent>((resolve) => right.onmessage = resolve);
    assertEquals(data, "hello");
    right.close();
    assert(!/not accepting|Upgrade response/.test(server.stderr), server.stderr);
    await server.until("the access log", () => {
      const lines = Deno.readTextFileSync(`${host.folder}/access.log`);
      return lines.match(/" 101 -/g)?.length === 4;
    });
  },
);

/** One request on a connection that is kept; gives the head of the answer. */
async function ask(connection: Deno.Conn, path: string): Promise<string> {
  await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`));
  const bytes = new Uint8Array(4_096);
  const count = await connection.read(bytes);
  return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
}
