/** Requests that go wrong are counted by kind, also those of workers that are gone. */

import { failureKinds } from "../../src/core/telemetry/failures.ts";
import type { Status } from "../../src/core/telemetry/status.ts";
import { assertEquals } from "../assert.ts";
import { freePort, type TestHost, testOnOneTarget, until } from "./harness.ts";
import { RawClient } from "./raw_client.ts";

const app = `
export default (request: Request): Response | Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname === "/throws") throw new Error("out of tea");
  if (pathname === "/never") {
    const { signal } = request;
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  }
  const parts = (after: (controller: ReadableStreamDefaultController) => void) =>
    new Response(new ReadableStream({
      start(controller) {
        controller.enqueue(new Uint8Array(10));
        setTimeout(after, 100, controller);
      },
    }));
  if (pathname === "/fails") return parts((controller) => controller.error(new Error("out of milk")));
  if (pathname === "/open") return parts(() => {});
  return new Response("fine");
};\n`;

/** A server with an admin address, and a function that waits until it has counted `expected` and nothing else. */
function start(host: TestHost, args: readonly string[]) {
  const port = freePort();
  const server = host.start({
    files: { "main.ts": app },
    args: ["--admin-bind", `127.0.0.1:${port}`, ...args],
  });
  const none = Object.fromEntries(failureKinds.map((kind) => [kind, 0]));
  let last: Status["totals"]["failures"] | null = null;
  const counts = (expected: Partial<Status["totals"]["failures"]>) =>
    until("the failures to be counted", async () => {
      const { totals }: Status = await (await fetch(`http://127.0.0.1:${port}/status`)).json();
      last = totals.failures;
      return JSON.stringify(last) === JSON.stringify({ ...none, ...expected });
    }, { explain: () => JSON.stringify(last) });
  const metric = async () => await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return { server, counts, metric };
}

testOnOneTarget("requests that go wrong are counted by kind", async (host) => {
  const limits = ["--limit-concurrency", "1", "--queue-size", "0", "--limit-request-body", "10"];
  const { server, counts, metric } = start(host, [
    ...["--request-timeout", "1", "--header-timeout", "1", "--graceful-timeout", "1", ...limits],
  ]);
  await server.ready(1);
  const status = async (path: string, init?: RequestInit) => {
    const response = await server.fetch(path, init);
    await response.text().catch(() => {});
    return response.status;
  };
  assertEquals(await status("/throws"), 500);
  assertEquals(await status("/fails"), 200);
  assertEquals(await status("/", { method: "POST", body: "12345678901" }), 413);
  const late = status("/never");
  await server.until("a place that is taken", async () => await status("/") === 503);
  assertEquals(await late, 504);
  await counts({ large: 1, busy: 1, fault: 1, broken: 1, late: 1 });

  using leaving = await RawClient.connect(server.port, "GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
  await leaving.received(/200 OK/);
  leaving[Symbol.dispose]();
  using invalid = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
  await invalid.received(/ 400 /);
  using slow = await RawClient.connect(server.port, "GET / HTTP/1.1\r\nHost:");
  await slow.received(/ 408 /);
  const wrong = { invalid: 1, large: 1, slow: 1, busy: 1, fault: 1, broken: 1, late: 1, left: 1 };
  await counts(wrong);

  // Its worker ends before it does.
  using cut = await RawClient.connect(server.port, "GET /open HTTP/1.1\r\nHost: a\r\n\r\n");
  await cut.received(/200 OK/);
  server.kill("SIGHUP");
  await counts({ ...wrong, cut: 1 });
  const samples = (await metric()).match(/^denicorn_request_failures_total\{.*$/gm);
  assertEquals(samples, failureKinds.map((kind) => `denicorn_request_failures_total{kind="${kind}"} 1`));
});
