import { assert, assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { integrationTest, type TestHost, until } from "./harness.ts";
import { RawClient } from "./raw_client.ts";

const limitApp = `
export default () => new Response(Deno.readTextFileSync("/proc/self/limits").match(/Max open files.*/)![0]);
`;

/** The program with a soft and a hard limit of open files. */
function limited(host: TestHost, soft: number, hard: number): readonly string[] {
  return ["prlimit", `--nofile=${soft}:${hard}`, ...host.target.command];
}

/** Up to `count` connections without a request, until no more are accepted. */
async function silentConnections(port: number, count: number): Promise<Deno.Conn[]> {
  const connections: Deno.Conn[] = [];
  for (let number = 0; number < count; number++) {
    try {
      connections.push(await Deno.connect({ hostname: "127.0.0.1", port }));
    } catch {
      break;
    }
  }
  return connections;
}

integrationTest("the soft limit of open files is raised to the hard one, also in workers", async (host) => {
  const server = host.start({ files: { "main.ts": limitApp }, command: limited(host, 200, 1000) });
  await server.ready(1);
  assertMatch(await server.text(), /Max open files\s+1000\s+1000/);
  assertMatch(Deno.readTextFileSync(`/proc/${server.pid}/limits`), /Max open files\s+1000\s+1000/);
});

for (const steering of ["auto", "off"]) {
  integrationTest(
    `a worker out of file descriptors keeps serving and accepts again, steering ${steering}`,
    async (host) => {
      const server = host.start({
        files: { "main.ts": slowApp("whole") },
        command: limited(host, 100, 100),
        args: ["--steering", steering],
      });
      const [worker] = await server.ready(1);
      const answer = server.text("/?ms=3000");
      const silent = await silentConnections(server.port, 120);
      assertEquals(silent.length, 120);
      assertEquals(await answer, "whole");
      // No client disconnects: the worker must close connections without a request.
      assertEquals(await server.text(), "whole");
      assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
      silent.forEach((connection) => connection.close());
      // It can be replaced like any other worker.
      server.kill("SIGHUP");
      await server.ready(1, 2);
      assertEquals(await server.text(), "whole");
      assert(!/uncaught|not accepting/.test(server.stderr), server.stderr);
    },
  );
}

integrationTest(
  "while requests are in flight, the connections that were idle longest make room",
  async (host) => {
    const server = host.start({
      files: { "main.ts": slowApp("whole") },
      command: limited(host, 100, 100),
    });
    await server.ready(1);
    const answer = server.text("/?ms=5000");
    const clients: RawClient[] = [];
    const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    while (clients.length < 200) {
      // Each keeps its connection, so there is no room without those of others.
      const client = await RawClient.connect(server.port, request);
      await client.received(/whole(\r\n0\r\n\r\n)?$/);
      clients.push(client);
    }
    await until(
      "the end of the first ones",
      () => clients.slice(0, 50).every((client) => client.closedAfter !== null),
    );
    assertEquals(await answer, "whole");
    assert(
      clients.filter((client) => client.closedAfter === null).length > 10,
    );
    clients.forEach((client) => client[Symbol.dispose]());
  },
);

/** Worker 0 opens files until fewer than 16 more are possible, and closes them 3 s later. */
const hoardingApp = `
import { context } from "denicorn";
const files: Deno.FsFile[] = [];
export default (request: Request) => {
  if (new URL(request.url).pathname === "/open" && context().slot === 0) {
    try {
      while (files.length < 120) files.push(Deno.openSync("/dev/null"));
    } catch {
      // There are no more.
    }
    files.splice(0, 8).forEach((file) => file.close());
    setTimeout(() => files.splice(0).forEach((file) => file.close()), 3_000);
  }
  return new Response(String(context().slot));
};
`;

integrationTest(
  "other workers get the connections of one that is short of file descriptors",
  async (host) => {
    const server = host.start({
      files: { "main.ts": hoardingApp },
      command: limited(host, 128, 128),
      args: ["--workers", "2"],
    });
    await server.ready(2);
    const askFresh = async (path: string) => {
      using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
      return (await ask(connection, path)).slice(-1);
    };
    while (await askFresh("/open") !== "0");
    const stateOf = async () => (await server.status())?.workers.find(({ slot }) => slot === 0)?.state;
    await server.until("the pause", async () => await stateOf() === "paused");
    // The master steers a moment after it knows; by chance alone, 30 in a row are one in 2^30.
    let inRow = 0;
    await server.until("the other worker gets all", async () => {
      inRow = await askFresh("/") === "1" ? inRow + 1 : 0;
      return inRow === 30;
    });
    await server.logged(/warning worker=0 .*wants no new connections: too few file descriptors are free/);
    await server.until("its end", async () => await stateOf() === "ready");
    await server.logged(/info +worker=0 .*wants new connections again/);
    await server.until("an answer of worker 0", async () => await askFresh("/") === "0");
  },
);

for (const steering of ["auto", "off"]) {
  integrationTest(
    `a burst of connections at the limit of files waits and is served, steering ${steering}`,
    async (host) => {
      const server = host.start({
        files: { "main.ts": slowApp("whole") },
        command: limited(host, 200, 200),
        args: ["--steering", steering],
      });
      const [worker] = await server.ready(1);
      const kept = await silentConnections(server.port, 8);
      for (const connection of kept) assertMatch(await ask(connection, "/"), /200 OK/);
      const slow = ask(kept[7]!, "/?ms=4000");
      // All at once: more than twice as many as the worker can have.
      const burst = await Promise.allSettled(
        Array.from({ length: 500 }, () => Deno.connect({ hostname: "127.0.0.1", port: server.port })),
      );
      const refused = burst.filter(({ status }) => status === "rejected");
      assertEquals(refused.map((result) => String((result as PromiseRejectedResult).reason)), []);
      // A client behind the burst waits for its turn. The silent ones are ended.
      assertEquals(await server.text(), "whole");
      assertMatch(await slow, /200 OK/);
      for (const connection of kept) assertMatch(await ask(connection, "/"), /200 OK/, server.stderr);
      assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
      assert(!server.stderr.includes("not accepting"), server.stderr);
      const silent = burst.flatMap((result) => result.status === "fulfilled" ? [result.value] : []);
      [...kept, ...silent].forEach((connection) => connection.close());
      // It can be replaced like any other worker.
      server.kill("SIGHUP");
      await server.ready(1, 2);
      assertEquals(await server.text(), "whole");
    },
  );
}

for (const steering of ["auto", "off"]) {
  integrationTest(
    `silent connections cost no kept one at the limit of files, steering ${steering}`,
    async (host) => {
      const server = host.start({
        files: { "main.ts": slowApp("whole") },
        command: limited(host, 100, 100),
        args: ["--steering", steering],
      });
      await server.ready(1);
      const kept = await silentConnections(server.port, 8);
      for (const connection of kept) assertMatch(await ask(connection, "/"), /200 OK/);
      // While a request is in flight, no kept connection is ended; a busy machine needs some time for the others.
      const slow = ask(kept[7]!, "/?ms=4000");
      const silent = await silentConnections(server.port, 300);
      for (const connection of kept.slice(0, 7)) {
        assertMatch(await ask(connection, "/"), /200 OK/, server.stderr);
      }
      assertMatch(await slow, /200 OK/);
      // Some of the silent ones were ended to make room.
      await server.until(
        "an answer on a new connection",
        () => server.text().then((text) => text === "whole", () => false),
      );
      for (const connection of kept) {
        assertMatch(await ask(connection, "/"), /200 OK/, server.stderr);
      }
      [...kept, ...silent].forEach((connection) => connection.close());
    },
  );
}

integrationTest("kept connections at the limit of files are told to end after a response", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("whole") }, command: limited(host, 100, 100) });
  await server.ready(1);
  // One request is always in flight, so that no kept connection looks idle.
  const busy = await silentConnections(server.port, 1);
  const answer = ask(busy[0]!, "/?ms=4000");
  const kept: Deno.Conn[] = [];
  const heads: string[] = [];
  const isAsked = () => heads.some((head) => /^connection: close/im.test(head));
  while (!isAsked() && kept.length < 100) {
    const [connection] = await silentConnections(server.port, 1);
    kept.push(connection!);
    // The worker looks every 50 ms and has 16 descriptors in reserve.
    heads.push(await ask(connection!, "/?ms=10"));
  }
  assert(isAsked(), `none of ${kept.length} was asked`);
  assertEquals(heads.filter((head) => !head.includes("200 OK")), []);
  assertMatch(await answer, /200 OK/, server.stderr);
  assert(!server.stderr.includes("not accepting"), server.stderr);
  [...busy, ...kept].forEach((connection) => connection.close());
});

/** One request on a connection that is kept; gives the head of the answer. */
async function ask(connection: Deno.Conn, path: string): Promise<string> {
  await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`));
  const bytes = new Uint8Array(4_096);
  const count = await connection.read(bytes);
  return new TextDecoder().decode(bytes.subarray(0, count ?? 0));
}
