/** Processes of the workers' account that connect to the sockets of the master, without being workers. */

import { assert, assertEquals } from "../assert.ts";
import { otherUserTest } from "./other_user.ts";
import type { Server } from "./server.ts";

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

/** Of the master, in KiB and open files. */
function use({ pid }: Server) {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const memory = Number(/VmRSS:\s*(\d+)/.exec(status)![1]);
  return { memory, files: Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).length };
}

/** Kills each worker but one, again and again, and waits for the replacements. */
async function replaceWorkers(server: Server, except: number, rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const victims = (await server.ready(3)).map(({ pid }) => pid).filter((pid) => pid !== except);
    for (const pid of victims) Deno.kill(pid, "SIGKILL");
    await server.until("the replacements", async () => {
      const pids = (await server.ready(3)).map(({ pid }) => pid);
      return victims.every((pid) => !pids.includes(pid));
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
  assert(after.memory - before.memory < 50_000, JSON.stringify({ before, after }));
  assert(after.files - before.files < 100, JSON.stringify({ before, after }));
  Deno.kill(attacker, "SIGKILL");
  await server.until("no stranger", () => use(server).files <= before.files + 4);
  await server.ready(3);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});
