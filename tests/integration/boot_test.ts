import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { freePort, testOnOneTarget } from "./harness.ts";

testOnOneTarget(
  "four workers share one port, each of them responds, and TERM leaves nothing behind",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "4", "--pid", "server.pid"] });
    const workers = await server.ready(4);
    const pids = new Set(workers.map(({ pid }) => String(pid)));
    const answering = new Set<string>();
    await server.until("an answer from every worker", async () => {
      answering.add(await server.text());
      return answering.size === 4;
    });
    assertEquals(answering, pids);
    assertEquals(Deno.readTextFileSync(`${host.folder}/server.pid`), `${server.pid}\n`);

    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
    assertEquals(Array.from(Deno.readDirSync(host.folder), ({ name }) => name).sort(), ["main.ts", "run"]);
  },
);

testOnOneTarget("the log names master and workers with one identity each, as text", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  const [worker] = await server.ready(1);
  const time = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
  await server.logged(
    new RegExp(`${time} info    worker=0 gen=1 pid=${worker!.pid}  ready after \\d+ ms$`, "m"),
  );
  const listening = `1 worker of generation 1 ready on ${server.url}`;
  await server.logged(new RegExp(`${time} info    master pid=${server.pid}  ${listening}$`, "m"));
});

testOnOneTarget("the log as JSON is one object per line", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--log-format", "json"] });
  const [worker] = await server.ready(1);
  server.kill("SIGTERM");
  await server.exit();
  const records = server.stderr.trim().split("\n").map((line) => JSON.parse(line));
  const ready = records.find(({ message }) => /^ready after/.test(message));
  assertEquals([ready.level, ready.worker, ready.gen, ready.pid], ["info", 0, 1, worker!.pid]);
});

testOnOneTarget("the app's own output passes through untouched", async (host) => {
  const app = `console.log("from the app");\nconsole.error("an app's error");\n${pidApp}`;
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  assertEquals(server.stdout, "from the app\n");
  assertMatch(server.stderr, /^an app's error$/m);
});

testOnOneTarget("port 0 with one worker takes a free port and keeps it through a reload", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--bind", "127.0.0.1:0"] });
  const [, port] = await server.logged(/ready on http:\/\/127\.0\.0\.1:(\d+)/);
  const [first] = await server.ready(1);
  const answer = async () => await (await fetch(`http://127.0.0.1:${port}/`)).text();
  assertEquals(await answer(), String(first!.pid));
  server.kill("SIGHUP");
  const [second] = await server.ready(1, 2);
  assertEquals(await answer(), String(second!.pid));
});

testOnOneTarget("several binds are all served, IPv6 too", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--bind", "127.0.0.1:0", "--bind", "[::1]:0"],
  });
  const [, v4, v6] = await server.logged(/ready on (http:\/\/127\.0\.0\.1:\d+), (http:\/\/\[::1\]:\d+)/);
  const [worker] = await server.ready(1);
  for (const url of [v4!, v6!]) assertEquals(await (await fetch(url)).text(), String(worker!.pid));
});

testOnOneTarget(
  "the app's environment has --env, and nothing of the channel to the master",
  async (host) => {
    const app = `export default () => Response.json(Deno.env.toObject());\n`;
    const server = host.start({
      files: { "main.ts": app },
      args: ["--env", "GREETING=hello there", "-e", "EMPTY="],
    });
    await server.ready(1);
    const seen = await (await server.fetch()).json();
    assertEquals([seen.GREETING, seen.EMPTY], ["hello there", ""]);
    const own = Object.keys(seen).filter((name) => /DENICORN|ESBUILD/.test(name));
    // What the binary's app starts has to know that it is not meant to be another server.
    assertEquals(own, host.target.name === "binary" ? ["DENICORN_APP_PROCESS"] : []);
  },
);

testOnOneTarget(
  "with --compress both runtimes compress in the same way, and only for clients that accept it",
  async (host) => {
    const app =
      `export default () => new Response("hello ".repeat(1000), { headers: { "content-type": "text/plain" } });`;
    const server = host.start({ files: { "main.ts": app }, args: ["--compress"] });
    await server.ready(1);
    const zipped = await server.fetch("/", { headers: { "accept-encoding": "gzip" } });
    const vary = zipped.headers.get("vary");
    assertEquals((await zipped.text()).length, 6_000);
    const plain = await server.fetch("/", { headers: { "accept-encoding": "identity" } });
    assertEquals([plain.headers.get("content-encoding"), (await plain.text()).length], [null, 6_000]);
    assert(vary !== null && /accept-encoding/i.test(vary), `vary: ${vary}`);
  },
);

testOnOneTarget(
  "an error that the app throws in a request is a 500 and a stack in the log; the worker continues",
  async (host) => {
    const app = `export default (request: Request): Response => {
  if (new URL(request.url).pathname === "/boom") throw new Error("out of tea");
  return new Response(String(Deno.pid));
};\n`;
    const server = host.start({ files: { "main.ts": app } });
    const [worker] = await server.ready(1);
    const response = await server.fetch("/boom");
    assertEquals([response.status, await response.text()], [500, "Internal Server Error"]);
    await server.logged(/Error: out of tea\n\s+at .*main\.ts:2:/);
    assertEquals(await server.text(), String(worker!.pid));
  },
);

testOnOneTarget(
  "an app may configure LogTape for itself: neither its log nor ours is touched",
  async (host) => {
    Deno.symlinkSync(new URL("../../node_modules", import.meta.url).pathname, `${host.folder}/node_modules`);
    const app = `
import { configureSync, getLogger } from "@logtape/logtape";
configureSync({
  sinks: { out: (record) => console.log(record.category.join("."), record.message.join("")) },
  loggers: [{ category: [], sinks: ["out"] }],
});
export default (request: Request): Response => {
  getLogger("app").info\`request\`;
  if (request.url.endsWith("/boom")) throw new Error("out of tea");
  return new Response("fine");
};\n`;
    const server = host.start({ files: { "main.ts": app } });
    await server.ready(1);
    await server.text();
    assertEquals((await server.fetch("/boom")).status, 500);
    await server.logged(
      /worker=0 gen=1 pid=\d+  GET \/boom: the app threw\n\s+Error: out of tea/,
    );
    await server.text();
    assertEquals(server.stdout.match(/^app request$/gm)?.length, 3);
    assertEquals(/denicorn/.test(server.stdout), false);
  },
);

testOnOneTarget(
  "of two servers that start on one port at once, one serves and the other says why not",
  async (host) => {
    const start = { files: { "main.ts": pidApp }, args: ["-w", "2"], port: freePort() };
    const servers = [host.start(start), host.start(start)];
    const exit = await Promise.race(servers.map((server) => server.exit()));
    assertEquals(exit, { code: 3, signal: null });
    const winner = servers.find(({ stderr }) => !stderr.includes("in use by another program"));
    await winner!.ready(2);
    assert(servers.some(({ stderr }) => /cannot listen: 127\.0\.0\.1:\d+ is in use/.test(stderr)));
  },
);
