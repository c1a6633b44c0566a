/** What an app does besides requests, at the beginning and at the end of a worker. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { freePort, testOnOneTarget } from "./harness.ts";

/** Prints what happens, in order, with the process id. */
const app = `
import { context, waitUntil } from "denicorn";
import process from "node:process";

const say = (text: string) => console.log(text + " " + Deno.pid + ".");
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.addSignalListener("SIGTERM", () => say("Deno listener"));
process.on("SIGTERM", async () => {
  await sleep(50);
  say("process listener");
});
process.once("SIGINT", () => say("never"));
process.on("beforeExit", () => say("beforeExit"));
process.on("exit", (code) => say("exit " + code));
addEventListener("unload", () => say("unload"));

export async function startup({ slot, generation, log }) {
  await sleep(50);
  log.info("startup");
  say("startup " + slot + " " + generation);
}

export async function shutdown({ generation }) {
  await sleep(50);
  say("shutdown " + generation);
}

export default {
  async fetch(request: Request, _info: unknown, execution: { waitUntil(work: Promise<unknown>): void }) {
    const { pathname, searchParams } = new URL(request.url);
    const ms = Number(searchParams.get("ms") ?? 0);
    if (pathname === "/slow") {
      await sleep(ms);
      say("answered");
    }
    if (pathname === "/later") {
      waitUntil(sleep(ms).then(() => say("later")));
      execution.waitUntil(sleep(ms).then(() => { throw new Error("too late"); }));
    }
    return Response.json(context());
  },
};
`;

testOnOneTarget("an app cleans up after its last request, in order", async (host) => {
  const server = host.start({ files: { "main.ts": app } });
  const [worker] = await server.ready(1);
  await server.logged(/worker=0 gen=1 pid=\d+ +startup/);
  const slow = server.text("/slow?ms=700");
  const { settings, ...rest } = await (await server.fetch("/later?ms=1500")).json();
  assertEquals(rest, { slot: 0, generation: 1, role: "requests", draining: {}, log: {} });
  assertEquals([settings.workers, settings.gracefulTimeout, settings.app], [1, 30, "main.ts"]);
  await server.until(
    "the request in flight",
    async () => (await server.status())?.workers[0]?.inFlight === 1,
  );
  server.kill("SIGTERM");
  await slow;
  assertEquals(await server.exit(), { code: 0, signal: null });
  const pid = ` ${worker!.pid}.`;
  const said = server.stdout.split("\n").slice(0, -1);
  assert(said.every((line) => line.endsWith(pid)), server.stdout);
  assertEquals(said.map((line) => line.slice(0, -pid.length)), [
    "startup 0 1",
    "answered",
    "Deno listener",
    "process listener",
    "shutdown 1",
    "later",
    "beforeExit",
    "exit 0",
    "unload",
  ]);
  assertMatch(
    server.stderr,
    /error +worker=0 gen=1 pid=\d+ +a promise of waitUntil\(\) was rejected\n.*too late/s,
  );
});

testOnOneTarget("what is not done at the end of graceful-timeout is named", async (host) => {
  const slow = app.replace('await sleep(50);\n  say("shutdown', 'await sleep(60_000);\n  say("shutdown');
  const server = host.start({
    files: { "main.ts": slow },
    args: ["--graceful-timeout", "1s", "--shutdown-timeout", "500ms"],
  });
  await server.ready(1);
  await server.text("/later?ms=50000");
  server.kill("SIGTERM");
  await server.exit();
  assertMatch(
    server.stderr,
    /warning +worker=0 .*not finished in time \(graceful-timeout, shutdown-timeout\): shutdown\(\), 2 promises of waitUntil\(\)/,
  );
});

testOnOneTarget(
  "an app whose startup fails does not start, and does not replace what serves",
  async (host) => {
    const failing = app.replace("await sleep(50);\n  log", "throw new Error('no database');\n  log");
    const failed = host.start({ files: { "main.ts": failing } });
    assertEquals(await failed.exit(), { code: 3, signal: null });
    assertMatch(
      failed.stderr,
      /cannot boot a worker: startup\(\) of main\.ts threw Error: no database\n.*main\.ts:\d+/s,
    );
    // What it needs to serve may be missing where it is checked.
    assertEquals((await host.run(["check", "main.ts"])).code, 0);
    const server = host.start({ files: { "main.ts": app } });
    await server.ready(1);
    host.write({ "main.ts": failing });
    server.kill("SIGHUP");
    await server.logged(/reload failed, generation 1 keeps serving: cannot boot a worker: startup\(\)/);
  },
);

testOnOneTarget("process.exit() of a listener ends the worker after its last request", async (host) => {
  const exiting = app.replace('await sleep(50);\n  say("process listener");', "process.exit(0);");
  const server = host.start({ files: { "main.ts": exiting } });
  await server.ready(1);
  const slow = server.text("/slow?ms=500");
  await server.until(
    "the request in flight",
    async () => (await server.status())?.workers[0]?.inFlight === 1,
  );
  server.kill("SIGTERM");
  assertMatch(await slow, /"slot":0/);
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertMatch(server.stdout, /answered \d+\.\nDeno listener \d+\.\nexit 0/);
});

const identified = `
import { context } from "denicorn";
import { createServer } from "node:http";

Deno.serve((request) => {
  const { requestId, log } = context(request);
  log.info("for fetch");
  if (request.url.endsWith("/throw")) throw new Error("with " + requestId);
  return new Response(requestId);
});

createServer((request, response) => {
  const { requestId, log } = context(request);
  log.info("for node");
  response.end(requestId);
}).listen(Number(Deno.args[0]), "127.0.0.1");
`;

testOnOneTarget("an app gets the id of a request, and the log names it", async (host) => {
  const port = freePort();
  const server = host.start({
    files: { "main.ts": identified },
    app: null,
    args: ["main.ts", "--", String(port)],
  });
  await server.ready(1);
  const headers = { "x-request-id": "given-1" };
  for (const [url, kind] of [[server.url, "fetch"], [`http://127.0.0.1:${port}`, "node"]] as const) {
    assertEquals(await (await fetch(url, { headers })).text(), "given-1");
    await server.logged(new RegExp(`info +worker=0 .*for ${kind} \\(request id given-1\\)`));
    const made = await (await fetch(url)).text();
    assertMatch(made, /^[0-9a-f-]+-[0-9a-z]+$/);
    await server.logged(new RegExp(`info +worker=0 .*for ${kind} \\(request id ${made}\\)`));
  }
  assertEquals(await (await server.fetch("/throw")).text(), "Internal Server Error");
  const [, thrown] = await server.logged(/GET \/throw \(request id ([0-9a-z-]+)\): the app threw/);
  await server.logged(new RegExp(`Error: with ${thrown}`));
});
