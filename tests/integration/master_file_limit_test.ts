import { assert, assertEquals } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, type TestHost, testOnOneTarget } from "./harness.ts";

const limit = 100;

/** A server whose master may have few files open. */
function start(host: TestHost, ...args: string[]) {
  return host.start({
    files: { "main.ts": pidApp },
    command: ["prlimit", `--nofile=${limit}:${limit}`, ...host.target.command],
    args,
  });
}

/** Connects until nothing accepts any more; `greeting` is sent on each connection. */
async function crowd(
  address: Deno.UnixConnectOptions | Deno.ConnectOptions,
  greeting = "",
): Promise<Deno.Conn[]> {
  const connections: Deno.Conn[] = [];
  for (let number = 0; number < limit; number++) {
    try {
      const connection = await ("path" in address ? Deno.connect(address) : Deno.connect(address));
      connections.push(connection);
      await connection.write(new TextEncoder().encode(greeting));
    } catch {
      break;
    }
  }
  return connections;
}

async function answers(url: string): Promise<boolean> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return await fetch(url, { client }).then(
    async (response) => (await response.body?.cancel(), response.ok),
    () => false,
  );
}

testOnOneTarget("the control socket comes back when the master has file descriptors again", async (host) => {
  const server = start(host);
  await server.ready(1);
  const socket = host.controlSocket;
  const idle = await crowd({ transport: "unix", path: socket });
  await server.logged(/control socket \S+ accepts no connections: the master may have 100 files open: raise/);
  // Idle connections make room by themselves.
  await server.logged(/control socket \S+ accepts connections again/);
  const status = await host.run(["ctl", "--socket", socket, "status"]);
  assertEquals([status.code, status.stderr], [0, ""]);
  idle.forEach((connection) => connection.close());
  assertEquals((Deno.statSync(socket).mode ?? 0) & 0o777, 0o600);
  assert(!/was gone|without a control socket|uncaught/.test(server.stderr), server.stderr);
  // The successor finds this master.
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(1);
  assert(!/the old master is gone before/.test(server.stderr), server.stderr);
});

testOnOneTarget("the admin address comes back when the master has file descriptors again", async (host) => {
  const port = freePort();
  const server = start(host, "--admin-bind", `127.0.0.1:${port}`);
  await server.ready(1);
  const url = `http://127.0.0.1:${port}/healthz`;
  assert(await answers(url));
  // They are in flight, so only the clients can end them.
  const streams = await crowd(
    { hostname: "127.0.0.1", port },
    `GET /live HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`,
  );
  const lost = new RegExp(`admin address 127\\.0\\.0\\.1:${port} accepts no connections: .* 100 files open`);
  await server.logged(lost);
  assert(!(await answers(url)));
  streams.forEach((connection) => connection.close());
  await server.logged(new RegExp(`admin address 127\\.0\\.0\\.1:${port} accepts connections again`));
  assert(await answers(url));
  assertEquals(server.stderr.match(new RegExp(lost, "g"))?.length, 1);
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("workers can connect again when the master has file descriptors again", async (host) => {
  const server = start(host, "--workers", "2");
  await server.ready(2);
  limitFiles(server.pid, lowestFree(server.pid));
  const path = host.controlSocket.replace("control.sock", "channel.sock");
  using unaccepted = await Deno.connect({ transport: "unix", path });
  // What arrived before the signal has been seen when its line is there. Not USR1: half a second after its start Deno 2.9
  // opens its inspector then, and panics without a file descriptor.
  server.kill("SIGTTOU");
  await server.logged(/workers: 2 -> 1/);
  limitFiles(server.pid, limit);
  // No worker is expected, so it is closed as soon as it is accepted.
  let ended = false;
  void unaccepted.read(new Uint8Array(1)).then((count) => ended = count === null);
  await server.until("the end of a connection that the master did not expect", () => ended);
  server.kill("SIGTTIN");
  await server.ready(2);
});

testOnOneTarget("a master with few file descriptors in its first moments lives", async (host) => {
  for (const free of [1, 2, 3, 4, 6, 8]) {
    const server = start(host);
    await server.ready(1);
    // Half a second after its start Deno 2.9 may open its inspector, whose thread panics where it gets only some of its files.
    limitFiles(server.pid, lowestFree(server.pid) + free);
    await new Promise((resolve) => setTimeout(resolve, 700));
    limitFiles(server.pid, limit);
    assert(!/panicked/.test(server.stderr), `${free} free: ${server.stderr}`);
    await server.ready(1);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  }
});

/** A process opens no file under a number from its limit on. */
function limitFiles(pid: number, soft: number): void {
  const { success, stderr } = new Deno.Command("prlimit", {
    args: [`--pid=${pid}`, `--nofile=${soft}:${limit}`],
  }).outputSync();
  assert(success, new TextDecoder().decode(stderr));
}

function lowestFree(pid: number): number {
  const used = new Set(Array.from(Deno.readDirSync(`/proc/${pid}/fd`), ({ name }) => Number(name)));
  let free = 0;
  while (used.has(free)) free++;
  return free;
}
