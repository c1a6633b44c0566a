/** Processes of the workers' account that connect to the sockets of the master, without being workers. */

import { assert, assertEquals } from "../assert.ts";
import { otherUserTest } from "./other_user.ts";
import { openFiles, type Server } from "./server.ts";

/** On request it opens a number of connections to a socket, sends without end on each, and opens those again that end. */
const app = `
async function flood(path) {
  for (;;) {
    try {
      using connection = await Deno.connect({ transport: "unix", path });
      const bytes = new Uint8Array(65_536).fill(120);
      for (;;) {
        await connection.write(bytes);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

export default async (request) => {
  if (request.method === "POST") {
    const { path, count } = await request.json();
    for (let index = 0; index < count; index++) void flood(path);
  }
  return new Response(String(Deno.pid));
};
`;

const root = new URL("../../", import.meta.url).pathname;

/** On request it sends descriptors to a path and over all sockets it has, until nothing more is taken. */
const sender = `
import { sendDescriptors, sendOverPair } from "${root}src/system/network/fd_passing.ts";
import { libc } from "${root}src/system/libc.ts";

const SOL_SOCKET = 1, SO_TYPE = 3, SO_DOMAIN = 39, AF_UNIX = 1, SOCK_DGRAM = 2;
const option = (descriptor, name) => {
  const value = new Int32Array(1);
  return libc().getsockopt(descriptor, SOL_SOCKET, name, value, Uint32Array.of(4)) === 0 ? value[0] : null;
};

async function sendAll(send) {
  const descriptors = Array(250).fill(0);
  let sent = 0;
  for (let attempt = 0; attempt < 200 && sent < 5_000; attempt++) {
    try {
      send("note " + attempt, descriptors);
      sent += descriptors.length;
    } catch (error) {
      if (!error.message.includes("temporarily unavailable")) break;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return sent;
}

export default async (request) => {
  if (request.method !== "POST") return new Response(String(Deno.pid));
  const path = await request.text();
  const outlets = Array.from(Deno.readDirSync("/proc/self/fd"), ({ name }) => Number(name))
    .filter((own) => option(own, SO_DOMAIN) === AF_UNIX && option(own, SO_TYPE) === SOCK_DGRAM);
  const toPath = await sendAll((tag, descriptors) => sendDescriptors(path, tag, descriptors));
  let toOutlets = 0;
  for (const own of outlets) toOutlets += await sendAll((_, descriptors) => sendOverPair(own, descriptors));
  return Response.json({ pid: Deno.pid, toPath, outlets: outlets.length, toOutlets });
};
`;

/** Of the master, in KiB and open files. */
function use({ pid }: Server) {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const memory = Number(/VmRSS:\s*(\d+)/.exec(status)![1]);
  // From source half a second after the start some are reserved for the runtime.
  return { memory, files: openFiles(pid).filter((path) => path !== "/dev/null").length };
}

/** Kills each worker but one, again and again, and waits for the replacements. */
async function replaceWorkers(server: Server, except: number, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const victims = (await server.ready(3)).map(({ pid }) => pid).filter((pid) => pid !== except);
    for (const pid of victims) Deno.kill(pid, "SIGKILL");
    await server.until("the replacements", async () => {
      const { workers = [] } = await server.status() ?? {};
      const ready = workers.filter(({ state }) => state === "ready").map(({ pid }) => pid);
      return ready.length === 3 && victims.every((pid) => !ready.includes(pid));
    }, 60_000);
  }
}

otherUserTest("200 strangers at the channel socket cost no memory, no files and no worker", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: ["-w", "3", "--user", "nobody"] });
  await server.ready(3);
  const before = use(server);
  const path = host.controlSocket.replace("control.sock", "channel.sock");
  const body = JSON.stringify({ path, count: 200 });
  const attacker = Number(await (await server.fetch("/", { method: "POST", body })).text());
  await replaceWorkers(server, attacker, 3);
  const after = use(server);
  // The garbage of some thousand connections a second. What they sent, which would be 600 MB, is not kept.
  assert(after.memory - before.memory < 150_000, JSON.stringify({ before, after }));
  assert(after.files - before.files < 100, JSON.stringify({ before, after }));
  Deno.kill(attacker, "SIGKILL");
  await server.until("no stranger", () => use(server).files <= before.files + 4);
  await server.ready(3);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

otherUserTest("descriptors that workers send cost the master no files, and no worker", async (host) => {
  const server = host.start({ files: { "main.ts": sender }, args: ["-w", "3", "--user", "nobody"] });
  await server.ready(3);
  const before = use(server);
  const body = host.controlSocket.replace("control.sock", "inbox.sock");
  const { pid, toPath, outlets, toOutlets } = await (await server.fetch("/", { method: "POST", body }))
    .json();
  // The account cannot reach the inbox of the master; what is sent over its own outlet waits there, and not for long.
  assertEquals([toPath, outlets], [0, 1]);
  assert(toOutlets > 0, "nothing was sent");
  await replaceWorkers(server, pid, 3);
  const after = use(server);
  assert(after.files - before.files < 10, JSON.stringify({ before, after }));
  assert(after.memory - before.memory < 50_000, JSON.stringify({ before, after }));
  Deno.kill(pid, "SIGKILL");
  await server.until(
    "no attacker",
    async () => (await server.ready(3)).every((worker) => worker.pid !== pid),
  );
  server.kill("SIGHUP");
  await server.ready(3, 2);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assert(!/steering is off/.test(server.stderr), server.stderr);
  assertEquals(server.leftovers(), []);
});
