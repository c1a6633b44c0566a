/** `--bind unix:PATH` with `{slot}`: as many sockets as workers, each with a worker. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";
import { ask, SocketVisitors } from "./socket_visitors.ts";

const args = ["--bind", "unix:app-{slot}.sock", "--unix-socket-mode", "600", "-w", "2"];

function sockets({ folder }: TestHost): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) => name.endsWith(".sock"))
    .sort();
}

/** Waits until the two sockets have two workers, the ones that are ready. */
async function settled(host: TestHost, server: Server, generation?: number): Promise<void> {
  const pids = (await server.ready(2, generation)).map(({ pid }) => String(pid));
  await server.until("a worker for each socket", async () => {
    const answers = await Promise.all([0, 1].map((slot) => ask(`${host.folder}/app-${slot}.sock`)));
    return answers[0] !== answers[1] && answers.every((answer) => pids.includes(answer));
  });
  assertEquals(sockets(host), ["app-0.sock", "app-1.sock"]);
}

testOnOneTarget(
  "each socket has a worker, in reloads, deaths and upgrades too, and loses no request",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args });
    await settled(host, server);
    assertEquals(Deno.lstatSync(`${host.folder}/app-0.sock`).mode! & 0o777, 0o600);
    const visitors = [0, 1].flatMap((slot) =>
      [false, true].map((keeps) => new SocketVisitors(`${host.folder}/app-${slot}.sock`, 4, keeps))
    );
    for (let generation = 2; generation <= 4; generation++) {
      server.kill("SIGHUP");
      await settled(host, server, generation);
    }
    server.kill("SIGUSR2");
    await server.upgraded();
    await settled(host, server);
    for (const each of visitors) {
      const { refused, cut, answered } = await each.stop();
      assertEquals({ refused, cut }, { refused: 0, cut: 0 });
      assert(answered > 100);
    }
    const [worker] = await server.ready(2);
    Deno.kill(worker!.pid, "SIGKILL");
    await server.logged(/died \(SIGKILL\)/);
    await settled(host, server);
    server.kill("SIGTERM");
    await server.until("the end of the last master", () => !isRunning(server.pid));
    assertEquals(sockets(host), []);
  },
);

testOnOneTarget(
  "the socket of a worker that is gone, stalled or paused is served by another one",
  async (host) => {
    const app = "import { ready } from 'denicorn';\n" +
      "export default (r: Request) => {\n" +
      "  if (r.url.endsWith('/pause')) ready(false);\n" +
      "  if (r.url.endsWith('/block')) for (const end = Date.now() + 1500; Date.now() < end;);\n" +
      "  return new Response(String(Deno.pid));\n" +
      "};\n";
    const server = host.start({ files: { "main.ts": app }, args });
    await settled(host, server);
    const paths = [0, 1].map((slot) => `${host.folder}/app-${slot}.sock`);
    const [first, second] = await Promise.all(paths.map((path) => ask(path)));
    const blocked = ask(paths[0]!, "GET /block HTTP/1.1\r\nHost: a");
    await server.until(
      "the blocked worker",
      async () =>
        (await server.status())?.workers.some(({ pid, inFlight }) => String(pid) === first && inFlight === 1),
    );
    assertEquals(await ask(paths[0]!), second);
    assertEquals(await blocked, first);
    await settled(host, server);
    await ask(paths[1]!, "GET /pause HTTP/1.1\r\nHost: a");
    await server.until("the other worker", async () => await ask(paths[1]!) === first);
  },
);

testOnOneTarget("a socket of another server is not taken", async (host) => {
  const first = host.start({ files: { "main.ts": pidApp }, args });
  await first.ready(2);
  const { code, stderr } = await host.run([...args, "main.ts"]);
  assertEquals(code, 3);
  assertMatch(stderr, new RegExp(`unix:.*app-0\\.sock is in use by process ${first.pid}: stop`));
  assertEquals(sockets(host), ["app-0.sock", "app-1.sock"]);
});
