/** The id of a request is the same for the app, in the access log, and in lines about errors. */

import { assertEquals, assertMatch } from "../assert.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

const app = `
import { context } from "denicorn";
export default (request: Request) => {
  if (new URL(request.url).pathname === "/throws") throw new Error("no");
  return new Response(context(request).requestId);
};\n`;

const logged = ["--access-logfile", "access.log", "--access-logformat", "%(U)s %(s)s %(I)s"];

async function lines({ folder }: TestHost, server: ReturnType<TestHost["start"]>, count: number) {
  return await server.until("the lines", () => {
    const found = Deno.readTextFileSync(`${folder}/access.log`).split("\n").slice(0, -1);
    return found.length === count && found;
  });
}

testOnOneTarget(
  "an id from a trusted proxy is that of the app, the access log and the error log",
  async (host) => {
    const server = host.start({
      files: { "main.ts": app },
      args: [...logged, "--request-id-header", "X-Trace-Id"],
    });
    await server.ready(1);
    const headers = { "x-trace-id": "a-1", "x-request-id": "other" };
    assertEquals(await server.text("/id", { headers }), "a-1");
    await server.text("/throws", { headers });
    await server.logged(/error .* GET \/throws \(request id a-1\): the app threw/);
    assertEquals(await lines(host, server, 2), ["/id 200 a-1", "/throws 500 a-1"]);
  },
);

testOnOneTarget(
  "a request without an id that is believed gets a new one, the same everywhere",
  async (host) => {
    const server = host.start({
      files: { "main.ts": app },
      args: [...logged, "--forwarded-allow-ips", "192.0.2.1"],
    });
    await server.ready(1);
    const headers = { "x-request-id": "forged" };
    const id = await server.text("/id", { headers });
    assertMatch(id, /^[\w-]+-1$/);
    await server.text("/throws", { headers });
    const [, named] = await server.logged(/GET \/throws \(request id (\S+)\): the app threw/);
    assertEquals(named === id, false);
    assertEquals(await lines(host, server, 2), [`/id 200 ${id}`, `/throws 500 ${named}`]);
  },
);

testOnOneTarget("an app of node:http has the same ids", async (host) => {
  const node = `import { createServer } from "node:http";
import { context } from "denicorn";
createServer((request, response) => response.end(context(request).requestId)).listen(8000);\n`;
  const server = host.start({ files: { "main.mjs": node }, app: "main.mjs", args: logged });
  await server.ready(1);
  const [given, made] = [
    await server.text("/", { headers: { "x-request-id": "b-2" } }),
    await server.text("/"),
  ];
  assertEquals(given, "b-2");
  assertEquals(await lines(host, server, 2), ["/ 200 b-2", `/ 200 ${made}`]);
});

testOnOneTarget("requests that are skipped, or not in the sample, have no line", async (host) => {
  const args = [...logged, "--access-log-skip", "/healthz", "--access-log-sample", "0%"];
  const server = host.start({ files: { "main.ts": app }, args });
  await server.ready(1);
  for (const path of ["/healthz", "/healthz?a", "/id", "/throws"]) await server.text(path);
  assertMatch((await lines(host, server, 1))[0]!, /^\/throws 500 /);
});
