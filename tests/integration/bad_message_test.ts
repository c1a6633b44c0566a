/** An app that writes to the channel between its worker and the master. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";

/** Writes the body of a request to the channel, again and again if its query says so, and answers before that. */
const app = `
const { symbols: libc } = Deno.dlopen("libc.so.6", {
  getpeername: { parameters: ["i32", "buffer", "buffer"], result: "i32" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  close: { parameters: ["i32"], result: "i32" },
});

function channel() {
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const peer = new Uint8Array(110);
    if (libc.getpeername(Number(name), peer, Uint32Array.of(peer.length)) !== 0) continue;
    if (new TextDecoder().decode(peer).includes("channel.sock")) return Number(name);
  }
  throw new Error("no channel");
}

export default async (request) => {
  const { pathname, search } = new URL(request.url);
  if (pathname === "/") return new Response(String(Deno.pid));
  const descriptor = channel(), bytes = new Uint8Array(await request.arrayBuffer());
  const write = () => libc.write(descriptor, bytes, BigInt(bytes.length));
  setTimeout(() => {
    if (pathname === "/close") libc.close(descriptor);
    else if (search === "") write();
    else setInterval(write, 1);
  }, 20);
  return new Response(String(Deno.pid));
};
`;

const bytes = (text: string) => new TextEncoder().encode(text);
const address = '{"hostname":"127.0.0.1","port":1}';

/** What is written, and what the log says about it. */
const messages: readonly [name: string, Uint8Array<ArrayBuffer>, reason: RegExp][] = [
  ["ready without addresses", bytes('{"type":"ready","addresses":null}\n'), /not one of the known messages/],
  ["ready out of turn", bytes(`{"type":"ready","addresses":[${address}]}\n`), /"ready" without having been/],
  ["failed without a failure", bytes('{"type":"failed"}\n'), /not one of the known messages/],
  ["a second hello", bytes('{"type":"hello","token":"x","version":"x"}\n'), /"hello" for the second time/],
  ["binary data", Uint8Array.of(0, 1, 2, 10), /is not valid JSON/],
  ["forged lines", bytes("\x1b[2J\x9b31m forged\n"), /is not valid JSON/],
];

testOnOneTarget("a bad message ends its worker, with one line, and nothing else", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
  for (const [name, body, reason] of messages) {
    const before = (await server.ready(2)).map(({ pid }) => pid);
    const victim = Number(await (await server.fetch("/write", { method: "POST", body })).text());
    const after = await server.until(`the replacement of a worker that sent ${name}`, async () => {
      const pids = (await server.ready(2)).map(({ pid }) => pid);
      return !pids.includes(victim) && pids;
    });
    assertEquals(after.filter((pid) => before.includes(pid)).length, 1, name);
    // Not the log: deaths that repeat are summed up there.
    const said = (await server.status())!.events.filter(({ pid }) => pid === victim);
    const deaths = said.filter(({ kind }) => kind === "worker-died").map(({ text }) => text);
    assertEquals(deaths.length, 1, name);
    assertMatch(deaths[0]!, /^killed: sent a bad message to the master/, name);
    assertMatch(deaths[0]!, reason, name);
  }
  for (const line of server.stderr.trimEnd().split("\n")) {
    assert(
      !/\p{Cc}/u.test(line) && /starting main|building the app|ready|killed: sent a bad message/.test(line),
      line,
    );
  }
  const status = await server.status();
  assertEquals(status?.totals.restarts.crash, messages.length);
  assertEquals(status?.target, 2);
  // Steering is still on: it moves connections away from a worker that drains.
  server.kill("SIGHUP");
  await server.ready(2, 2);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assert(!/steering is off/.test(server.stderr), server.stderr);
  assertEquals(server.leftovers(), []);
});

testOnOneTarget(
  "a line that does not end costs the worker, and not the memory of the master",
  async (host) => {
    const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
    await server.ready(2);
    const memory = () =>
      Number(/VmRSS:\s*(\d+)/.exec(Deno.readTextFileSync(`/proc/${server.pid}/status`))![1]);
    const before = memory();
    await (await server.fetch("/write?forever", { method: "POST", body: "x".repeat(60_000) })).text();
    await server.logged(
      /killed: sent a bad message to the master \(a line of more than 1048576 bytes\)/,
    );
    await server.ready(2);
    assert(memory() - before < 32_768, `${before} KiB before, ${memory()} KiB after`);
  },
);

testOnOneTarget("a worker whose channel is closed finishes and is replaced", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
  const before = await server.ready(2);
  const victim = Number(await (await server.fetch("/close", { method: "POST" })).text());
  await server.until("the replacement", async () => {
    const workers = (await server.status())?.workers ?? [];
    return workers.length === 2 && workers.every(({ pid, state }) => pid !== victim && state === "ready");
  }, 60_000);
  assert(before.some(({ pid }) => pid === victim));
});
