/** An app that sends the master descriptors which close(2) would wait for. */

import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const root = new URL("../../", import.meta.url).pathname;

/**
 * Sends connections whose peer never reads what was sent, with SO_LINGER and an hour, to the master: before it listens,
 * and once more at a POST. Closed by the last process that has them, they would keep it waiting for that hour.
 */
const app = `
import { sendOverPair } from "${root}src/system/network/fd_passing.ts";
import { libc } from "${root}src/system/libc.ts";

const SOL_SOCKET = 1, SO_TYPE = 3, SO_LINGER = 13, SO_DOMAIN = 39, AF_UNIX = 1, SOCK_DGRAM = 2;
const option = (descriptor, name) => {
  const value = new Int32Array(1);
  return libc().getsockopt(descriptor, SOL_SOCKET, name, value, Uint32Array.of(4)) === 0 ? value[0] : null;
};
const open = () => Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => Number(name));
const portOf = (descriptor) => {
  const address = new Uint8Array(28);
  const isSocket = libc().getsockname(descriptor, address, Uint32Array.of(address.length)) === 0;
  return isSocket ? address[2] * 256 + address[3] : null;
};
const kept = globalThis.kept = [];

async function lingering() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const descriptor = open().find((own) => portOf(own) === connection.localAddr.port);
  kept.push(connection, listener, await listener.accept());
  libc().setsockopt(descriptor, SOL_SOCKET, SO_LINGER, new Uint8Array(Int32Array.of(1, 3600).buffer), 8);
  const bytes = new Uint8Array(8_000_000);
  libc().send(descriptor, bytes, BigInt(bytes.length), 0x40);
  return descriptor;
}

async function send() {
  const descriptor = await lingering();
  const outlets = open().filter((own) => option(own, SO_DOMAIN) === AF_UNIX && option(own, SO_TYPE) === SOCK_DGRAM);
  outlets.forEach((outlet) => sendOverPair(outlet, [descriptor]));
  libc().close(descriptor);
  return outlets.length;
}

let sent = await send();
export default async ({ method }) => {
  if (method === "POST") sent += await send();
  return Response.json({ pid: Deno.pid, sent });
};
`;

integrationTest("descriptors that close(2) would wait for do not stop the master", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  const { pid, sent } = await (await server.fetch("/", { method: "POST" })).json();
  // The second one is still in the inbox when the master closes that.
  assertEquals(sent, 2);
  Deno.kill(pid, "SIGKILL");
  const after = await server.until("the replacement", async () => {
    const pids = (await server.ready(2)).map(({ pid }) => pid);
    return !pids.includes(pid) && pids;
  });
  assertEquals(after.filter((own) => before.includes(own)).length, 1);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});
