/** `--app-permissions`: what a hostile app can still do, and that its server works as before. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { openTo, reasonNotToSwitchUser } from "./as_root.ts";
import { integrationTest, notInThisProgram } from "./harness.ts";
import { InheritedListener } from "./inherited_listener.ts";
import { isRunning, type Server } from "./server.ts";

/** What each attempt needs, and what comes of it: the name of an error, or what was found. */
const files = {
  "main.ts": `
const attempts = {
  run: () => new Deno.Command("true").outputSync().code,
  runByNode: async () => (await import("node:child_process")).execFileSync("true").length,
  ffi: () => Deno.dlopen("libc.so.6", { getpid: { parameters: [], result: "i32" } }).symbols.getpid(),
  write: () => Deno.writeTextFileSync("written", "x"),
  writeByNode: async () => (await import("node:fs")).writeFileSync("written", "x"),
  remove: () => Deno.removeSync("main.ts"),
  sqlite: async () => new (await import("node:sqlite")).DatabaseSync("written.db").exec("create table a (b)"),
  sys: () => Deno.hostname(),
  import: () => import(["http://127.0.0.1", ":1/x.js"].join("")),
  environment: () => Deno.readTextFileSync("/proc/self/environ"),
  memory: () => Deno.readTextFileSync("/proc/self/mem"),
  unixSocket: () => Deno.connect({ transport: "unix", path: "run/x.sock" }),
  signal: () => Deno.kill(Deno.ppid, "SIGCONT"),
  webWorker: () => asWorker("Deno.writeTextFileSync('written', 'x')"),
  askAgain: async () => (await Deno.permissions.request({ name: "write" })).state,
  read: () => Deno.readTextFileSync("main.ts").length > 0,
  net: () => Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(),
  env: () => Deno.env.get("PATH").length > 0,
};

function asWorker(code, permissions = undefined) {
  const text = "try { " + code + "; postMessage('done'); } catch (error) { postMessage(error.name); }";
  const deno = permissions === undefined ? undefined : { permissions };
  const worker = new Worker("data:text/javascript," + encodeURIComponent(text), { type: "module", deno });
  return new Promise((resolve) => worker.onmessage = ({ data }) => resolve(data)).finally(() => worker.terminate());
}

const outcome = async (attempt) => {
  try {
    return await attempt() ?? "done";
  } catch (error) {
    const isRefused = error.name === "NotCapable" || error.code === "EPERM" || error.code === "EACCES" ||
      // What imports and what Node's modules make of it; a binary has no modules of the network at all.
      /Requires import access|Module not found|Command failed/.test(error.message);
    return isRefused ? "NotCapable" : String(error);
  }
};
const early = await outcome(attempts.write);

export default async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/pid") return new Response(String(Deno.pid));
  if (pathname === "/block") for (;;);
  const results = { early };
  for (const [name, attempt] of Object.entries(attempts)) results[name] = await outcome(attempt);
  return Response.json(results);
};
`,
};

const refused = "NotCapable";
const expected = {
  early: refused,
  run: refused,
  runByNode: refused,
  ffi: refused,
  write: refused,
  writeByNode: refused,
  remove: refused,
  sqlite: refused,
  sys: refused,
  import: refused,
  environment: refused,
  memory: refused,
  unixSocket: refused,
  signal: refused,
  webWorker: refused,
  askAgain: "denied",
  read: true,
  net: "done",
  env: true,
};

const few = ["--app-permissions", "read,net,env"];

async function assertRefused(server: Server): Promise<void> {
  assertEquals(await (await server.fetch()).json(), expected);
}

integrationTest("an app gets no permission that it was not given", async (host) => {
  const server = host.start({ files, args: ["-w", "1", ...few] });
  await server.ready(1);
  await assertRefused(server);
  const names = Array.from(Deno.readDirSync(host.folder), ({ name }) => name);
  assert(!names.some((name) => name.startsWith("written")), names.join());
});

integrationTest(
  "its server logs, reopens logs, closes slow connections, reloads and stops as before",
  async (host) => {
    const args = ["--access-logfile", "access.log", "--header-timeout", "1s", "-w", "2", ...few];
    const server = host.start({ files, args });
    await server.ready(2);
    const lines = (file: string) => Deno.readTextFileSync(`${host.folder}/${file}`).split("\n").length - 1;
    await server.text("/pid");
    await server.until("a line", () => lines("access.log") === 1);
    Deno.renameSync(`${host.folder}/access.log`, `${host.folder}/access.1`);
    server.kill("SIGUSR1");
    await server.logged(/logs reopened/);
    await server.until("the new log", async () => {
      await server.text("/pid");
      return Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name === "access.log") &&
        lines("access.log") > 0;
    });
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
    assertEquals(await connection.read(new Uint8Array(1)), null);
    server.kill("SIGHUP");
    await server.ready(2, 2);
    const [{ slot }] = await server.ready(2) as [{ slot: number }, ...unknown[]];
    const dump = await host.run(["ctl", "--socket", host.controlSocket, "worker", `${slot}`, "dump"]);
    assertEquals(dump.code, 0, dump.stderr);
    server.kill("SIGUSR2");
    await server.upgraded();
    await server.ready(2);
    await assertRefused(server);
    assertEquals(/cannot|error/.test(server.stderr), false, server.stderr);
    server.kill("SIGTERM");
    await server.until("the end", () => server.survivors().length === 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest("a blocked worker without a master still ends", async (host) => {
  const server = host.start({ files, args: ["-w", "1", "--timeout", "1s", ...few] });
  const { pid } = (await server.ready(1))[0]!;
  server.fetch("/block").catch(() => {});
  await server.until("a request", async () => (await server.status())?.totals.inFlight === 1);
  server.kill("SIGKILL");
  await server.until("the end of the worker", () => !server.survivors().includes(pid));
});

/** Sends a line again and again until there is a file `end`. */
const streamingApp = `
export default () => new Response(
  new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const isOver = Array.from(Deno.readDirSync(".")).some(({ name }) => name === "end");
      controller.enqueue(new TextEncoder().encode(isOver ? "the end" : "line\\n"));
      if (isOver) controller.close();
    },
  }),
);
`;

integrationTest("workers without a master stop listening while they finish", async (host) => {
  const server = host.start({ files: { "main.ts": streamingApp }, args: ["-w", "2", ...few] });
  const workers = await server.ready(2);
  const stream = (await server.fetch()).text();
  server.kill("SIGKILL");
  await server.until("nothing to listen", async () => {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port: server.port })).close();
      return false;
    } catch (error) {
      return error instanceof Deno.errors.ConnectionRefused;
    }
  }, 10_000);
  host.write({ end: "" });
  assertMatch(await stream, /^(line\n)+the end$/);
  await server.until("the end of the workers", () => workers.every(({ pid }) => !isRunning(pid)));
});

integrationTest("an inherited socket is served with few permissions, also after a reload", async (host) => {
  using listener = InheritedListener.tcp();
  const { bind, port } = listener;
  const server = listener.pass(() => host.start({ files, args: ["--bind", bind, "-w", "2", ...few], port }));
  await server.ready(2);
  await assertRefused(server);
  server.kill("SIGHUP");
  await server.ready(2, 2);
  await assertRefused(server);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

integrationTest("each permission can be kept", async (host) => {
  const app = `
    const names = ["ffi", "import", "run", "sys", "write"];
    export default () => Response.json(names.filter((name) => Deno.permissions.querySync({ name }).state === "granted"));
  `;
  const config = (names: string) =>
    host.write({ "denicorn.config.json": JSON.stringify({ appPermissions: `read,net,env,${names}` }) });
  config("write,run");
  const server = host.start({ files: { "main.ts": app } });
  await server.ready(1);
  assertEquals(await (await server.fetch()).json(), ["run", "write"]);
  config("ffi,import,sys");
  server.kill("SIGHUP");
  await server.ready(1, 2);
  assertEquals(await (await server.fetch()).json(), ["ffi", "import", "sys"]);
});

integrationTest("prepare() of an app has no more permissions than the app", async (host) => {
  const app = `
    export function prepare() {
      Deno.writeTextFileSync("written", "x");
    }
    export default () => new Response();
  `;
  host.write({ "main.ts": app });
  const { code, stderr } = await host.run(["--bind", "127.0.0.1:0", ...few, "main.ts"]);
  assertEquals(code, 3, stderr);
  assertMatch(stderr, /NotCapable: Requires write access to "written"/);
});

integrationTest("as root: workers of another user give up permissions, too", async (host) => {
  openTo(host);
  const server = host.start({ files, args: ["-w", "1", "--user", "nobody", ...few] });
  await server.ready(1);
  await assertRefused(server);
}, reasonNotToSwitchUser);

integrationTest(
  "as docs/process.md says, an app that imports modules of Denicorn gets around it",
  async (host) => {
    const module = new URL("../../src/system/libc.ts", import.meta.url).href;
    const app = `
    export default async () => {
      const { libc, cString } = await import(["${module}"].join(""));
      return new Response(String(libc().open(cString("written"), 0o101, 0o644) >= 0));
    };
  `;
    const server = host.start({ files: { "main.ts": app }, args: few });
    await server.ready(1);
    assertEquals(await server.text(), "true");
  },
  ({ name }) => name === "binary" ? notInThisProgram : null,
);

integrationTest("an app with tasks in a file is refused without the right to write", async (host) => {
  const app = `export default () => new Response();\nexport const tasks = { add: () => {} };\n`;
  host.write({ "main.ts": app });
  const { code, stderr } = await host.run(["--bind", "127.0.0.1:0", ...few, "main.ts"]);
  assertEquals(code, 2, stderr);
  assertMatch(
    stderr,
    /app-permissions: read, net, env is not accepted for an app with tasks.*: add write, or/,
  );
});
