import { assert, assertEquals } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, integrationTest, type TestHost } from "./harness.ts";

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

function openFiles(pid: number): number {
  return Array.from(Deno.readDirSync(`/proc/${pid}/fd`)).length;
}

integrationTest("the control socket comes back when the master has file descriptors again", async (host) => {
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

integrationTest("the admin address comes back when the master has file descriptors again", async (host) => {
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

integrationTest("workers can connect again when the master has file descriptors again", async (host) => {
  const server = start(host);
  await server.ready(1);
  // The master closes connections to the channel socket that no worker has opened, so others use up its descriptors.
  const strangers = await crowd({ transport: "unix", path: host.controlSocket });
  await server.until("a master out of file descriptors", () => openFiles(server.pid) >= limit);
  const path = host.controlSocket.replace("control.sock", "channel.sock");
  const unaccepted = await Deno.connect({ transport: "unix", path });
  [...strangers, unaccepted].forEach((connection) => connection.close());
  await server.until("a master with free file descriptors", () => openFiles(server.pid) < limit / 2);
  server.kill("SIGTTIN");
  await server.ready(2);
});
