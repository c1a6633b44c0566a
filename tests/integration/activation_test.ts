/** Sockets that systemd passes to the server (LISTEN_FDS): what connects before, between and after is served. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, integrationTest, type TestHost } from "./harness.ts";
import { activated, InheritedListener } from "./inherited_listener.ts";
import { isRunning, openFiles, type Server } from "./server.ts";
import { ask, SocketVisitors } from "./socket_visitors.ts";

const environmentApp = `export default () => Response.json(Object.keys(Deno.env.toObject()));\n`;

/** Answers with the open files of a process that it starts. */
const childApp = `export default async () => {
  const script = "for file in /proc/$$/fd/*; do readlink $file; done";
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script] }).output();
  return Response.json(new TextDecoder().decode(stdout).split("\\n"));
};\n`;

/** Starts as systemd would, with no --bind. */
function startActivated(
  host: TestHost,
  listeners: readonly InheritedListener[],
  args: readonly string[] = [],
  app = pidApp,
): Server {
  const start = () =>
    host.start({
      files: { "main.ts": app },
      command: activated(host.target.command, listeners, ["web"]),
      args,
      isBound: false,
      port: listeners[0]!.port,
    });
  return listeners.reduceRight((inner, listener) => () => listener.pass(inner), start)();
}

function lackingSystemd(): string | null {
  try {
    new Deno.Command("systemd-socket-activate", { args: ["--version"], stdout: "null" }).outputSync();
    return null;
  } catch {
    return "systemd-socket-activate is missing: apt-get install systemd";
  }
}

function assertNoneLost({ refused, cut, answered }: SocketVisitors["outcomes"], least: number): void {
  assertEquals({ refused, cut }, { refused: 0, cut: 0 });
  assert(answered > least);
}

integrationTest(
  "with systemd-socket-activate, what connects before the server runs is answered",
  async (host) => {
    const port = freePort();
    const variables = Object.entries({ ...host.environment, SHOWN: "1" }).flatMap((
      pair,
    ) => ["-E", pair.join("=")]);
    const server = host.start({
      files: { "main.ts": environmentApp },
      command: [
        ...["systemd-socket-activate", "-l", `127.0.0.1:${port}`, "--fdname=web", ...variables],
        ...host.target.command,
      ],
      args: ["-w", "2"],
      isBound: false,
      port,
    });
    await server.logged(/Listening on 127\.0\.0\.1/);
    const answers = await Promise.all([1, 2, 3, 4].map(() => ask(port)));
    for (const answer of answers) {
      const names: string[] = JSON.parse(answer);
      assert(names.includes("SHOWN"));
      assertEquals(names.filter((name) => name.startsWith("LISTEN_")), []);
    }
    await server.ready(2);
    await server.logged(new RegExp(`ready on http://127\\.0\\.0\\.1:${port} \\(inherited, web\\)`));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  lackingSystemd(),
);

integrationTest("a stop and a start behind the same socket lose nothing", async (host) => {
  using listener = InheritedListener.tcp();
  using fresh = new SocketVisitors(listener.port, 4, false);
  using kept = new SocketVisitors(listener.port, 4, true);
  const visitors = [fresh, kept];
  for (let round = 0; round < 3; round++) {
    const server = startActivated(host, [listener], ["-w", "2"]);
    await server.ready(2);
    const before = visitors.map(({ outcomes }) => outcomes.answered);
    await server.until(
      "answers",
      () => visitors.every(({ outcomes: { answered } }, index) => answered > before[index]! + 100),
    );
    if (round === 2) { for (const each of visitors) assertNoneLost(await each.stop(), 300); }
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0, server.stderr);
    assertEquals(server.leftovers(), []);
  }
});

integrationTest(
  "systemd's sockets take the place of bind, also after a reload and an upgrade",
  async (host) => {
    using tcp = InheritedListener.tcp();
    const path = `${host.folder}/inherited.sock`;
    using unix = InheritedListener.unix(path);
    const server = startActivated(host, [tcp, unix], ["-w", "2", "--bind", "127.0.0.1:1"]);
    await server.logged(/bind is fd:\/\/3, fd:\/\/4 \(env LISTEN_FDS, in place of command line --bind\)/);
    const served = async (generation?: number) => {
      const pids = (await server.ready(2, generation)).map(({ pid }) => String(pid));
      const addresses = [`127.0.0.1:${tcp.port} (inherited, web)`, `unix:${path} (inherited)`];
      assertEquals((await server.status())?.addresses, addresses);
      for (const place of [tcp.port, path]) {
        await server.until("an answer of these workers", async () => pids.includes(await ask(place)));
      }
    };
    await served();
    using fresh = new SocketVisitors(tcp.port, 3, false);
    using kept = new SocketVisitors(tcp.port, 3, true);
    using freshUnix = new SocketVisitors(path, 3, false);
    using keptUnix = new SocketVisitors(path, 3, true);
    server.kill("SIGHUP");
    await served(2);
    server.kill("SIGUSR2");
    await server.upgraded();
    await served();
    for (const each of [fresh, kept, freshUnix, keptUnix]) assertNoneLost(await each.stop(), 50);
    server.kill("SIGTERM");
    await server.until("the end of the last master", () => !isRunning(server.pid));
    // The file is not the server's to remove.
    assert(Deno.lstatSync(path).isSocket);
  },
);

integrationTest("a worker or a master that is killed leaves what waits to the next one", async (host) => {
  using listener = InheritedListener.tcp();
  const server = startActivated(host, [listener], ["-w", "2"]);
  const workers = await server.ready(2);
  Deno.kill(workers[0]!.pid, "SIGKILL");
  await server.logged(/died \(SIGKILL\)/);
  await server.ready(2);
  assertMatch(await ask(listener.port), /^\d+$/);
  server.kill("SIGKILL");
  await server.until("the end of its workers", () => server.survivors().length === 0);
  const waiting = [1, 2, 3].map(() => ask(listener.port));
  const next = startActivated(host, [listener], ["-w", "2"]);
  const pids = (await next.ready(2)).map(({ pid }) => String(pid));
  for (const answer of await Promise.all(waiting)) assert(pids.includes(answer));
});

integrationTest("variables of another process are not believed, and not passed on", async (host) => {
  const server = host.start({
    files: { "main.ts": environmentApp },
    env: { LISTEN_FDS: "1", LISTEN_PID: "1" },
  });
  await server.ready(1);
  await server.logged(
    /sockets of LISTEN_FDS are not taken: LISTEN_PID is 1, and this is process \d+: start denicorn/,
  );
  const names: string[] = JSON.parse(await server.text());
  assertEquals(names.filter((name) => name.startsWith("LISTEN_")), []);
});

integrationTest("a socket that bind leaves out is reported, and no process gets it", async (host) => {
  using left = InheritedListener.tcp();
  using served = InheritedListener.tcp();
  const server = startActivated(host, [left, served], ["--bind", "fd://4"], childApp);
  await server.logged(/fd:\/\/3 \(web\) of LISTEN_FDS is not served, so its clients wait: add it to bind/);
  const [worker] = await server.ready(1);
  const files = openFiles(worker!.pid);
  assertEquals([left, served].map(({ name }) => files.includes(name)), [false, true]);
  // What an app starts has neither.
  const inherited: string[] = JSON.parse(await ask(served.port));
  assert(inherited.includes("/dev/null"), inherited.join());
  assertEquals([left, served].filter(({ name }) => inherited.includes(name)), []);
});

integrationTest("a datagram socket is refused", async (host) => {
  using listener = new InheritedListener(() =>
    Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 })
  );
  const command = activated(host.target.command, [listener]);
  const server = listener.pass(() => host.start({ files: { "main.ts": pidApp }, command, isBound: false }));
  assertEquals((await server.exit()).code, 3);
  assertMatch(
    server.stderr,
    /cannot listen: fd:\/\/3 is a datagram socket, and HTTP needs a stream: let the process/,
  );
});
