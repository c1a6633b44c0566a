import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

interface FailingApp {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly app?: string;
  readonly args?: readonly string[];
  readonly code: number;
  readonly says: RegExp;
}

const failures: readonly FailingApp[] = [
  {
    name: "a missing file",
    files: { "mian.ts": pidApp },
    code: 4,
    says: /main\.ts: no such file: did you mean mian\.ts\?/,
  },
  {
    name: "a syntax error",
    files: { "main.ts": "const fine = 1;\nexport default { fetch: ( => 1 };\n" },
    code: 4,
    says: /main\.ts:2:\d+/,
  },
  {
    name: "a missing package",
    files: { "main.ts": 'import { z } from "zodd";\nexport default () => new Response(z);\n' },
    code: 4,
    says: /zodd/,
  },
  {
    name: "a missing export",
    files: { "main.ts": "export const application = () => new Response();\n" },
    app: "main.ts:app",
    code: 4,
    says: /app.*application/s,
  },
  {
    name: "a wrong kind of export",
    files: { "main.ts": "export default 42;\n" },
    code: 4,
    says: /42/,
  },
  {
    name: "a throw at import",
    files: {
      "main.ts": 'import "./database.ts";\nexport default () => new Response();\n',
      "database.ts": '\nthrow new Error("no database");\n',
    },
    code: 4,
    says: /no database[\s\S]*database\.ts:2:/,
  },
  {
    name: "an import that never ends",
    files: { "main.ts": "await new Promise(() => {});\nexport default () => new Response();\n" },
    args: ["--boot-timeout", "1"],
    code: 3,
    says: /after 1 s \(boot-timeout\) it was still importing main\.ts/,
  },
  {
    name: "a loop at import",
    files: { "main.ts": "for (;;);\nexport default () => new Response();\n" },
    args: ["--boot-timeout", "1"],
    code: 3,
    says: /after 1 s \(boot-timeout\)/,
  },
  {
    name: "a death at import",
    files: { "main.ts": "Deno.exit(9);\nexport default () => new Response();\n" },
    code: 3,
    says: /ended with exit code 9 while importing main\.ts/,
  },
];

for (const { name, files, app, args = [], code, says } of failures) {
  for (const workers of [1, 8]) {
    testOnOneTarget(`${name} ends the start with exit ${code}, ${workers} workers`, async (host) => {
      const server = host.start({
        files,
        app: app ?? "main.ts",
        args: ["-w", String(workers), "--pid", "server.pid", ...args],
      });
      const { code: actual } = await server.exit();
      assertEquals(actual, code, server.stderr);
      assertMatch(server.stderr, says);
      assertEquals(
        server.stderr.match(/ error /g)?.length,
        1,
        `one message, not one per worker:\n${server.stderr}`,
      );
      assert(!/Denicorn.*\.ts:\d+/.test(server.stderr), server.stderr);
      assertEquals(server.leftovers(), []);
      assert(!exists(host, "server.pid"));
    });
  }
}

testOnOneTarget("an address in use is exit 3 and names it", async (host) => {
  const first = host.start({ files: { "main.ts": pidApp } });
  await first.ready(1);
  const second = host.start({
    files: {},
    args: ["--bind", `127.0.0.1:${first.port}`, "--pid", "second.pid"],
  });
  assertEquals((await second.exit()).code, 3);
  assertMatch(second.stderr, new RegExp(`cannot listen: 127\\.0\\.0\\.1:${first.port} is in use`));
  assert(!exists(host, "second.pid"));
  await first.text();
});

testOnOneTarget("an address of another machine is exit 3 and names it", async (host) => {
  const { code, stderr } = await run(host, ["--bind", "192.0.2.1:8000"]);
  assertEquals(code, 3);
  assertMatch(stderr, /cannot listen: 192\.0\.2\.1:8000 is not an address of this machine/);
});

testOnOneTarget("an unwritable log is exit 2 and names setting and file", async (host) => {
  for (const setting of ["error-logfile", "access-logfile"]) {
    const { code, stderr } = await run(host, [`--${setting}`, "missing/server.log"]);
    assertEquals(code, 2, stderr);
    assertMatch(stderr, new RegExp(`cannot open ${setting}: \\S+/missing/server\\.log`));
  }
});

testOnOneTarget("a pidfile of a running process is exit 2; an unwritable one too", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--pid", "taken.pid"] });
  await server.ready(1);
  const taken = await run(host, ["--pid", "taken.pid"]);
  assertEquals(taken.code, 2);
  assertMatch(taken.stderr, new RegExp(`taken\\.pid names process ${server.pid}, which is running`));
  assertEquals(Deno.readTextFileSync(`${host.folder}/taken.pid`), `${server.pid}\n`);

  const unwritable = await run(host, ["--pid", "missing/server.pid"]);
  assertEquals(unwritable.code, 2);
  assertMatch(
    unwritable.stderr,
    /cannot write pidfile: \S+\/missing\/server\.pid .*\(given by command line --pid\)\n$/,
  );
});

testOnOneTarget("a control socket that cannot be created is exit 2", async (host) => {
  const missing = await run(host, ["--control-socket", "missing/control.sock"]);
  assertEquals(missing.code, 2);
  assertMatch(missing.stderr, /cannot create control-socket: \S+\/missing\/control\.sock/);
  host.write({ "notes.txt": "mine\n" });
  const file = await run(host, ["--control-socket", "notes.txt"]);
  assertEquals(file.code, 2);
  assertMatch(file.stderr, /cannot create control-socket: \S+\/notes\.txt \(something else is there\)/);
  assertEquals(Deno.readTextFileSync(`${host.folder}/notes.txt`), "mine\n");
});

testOnOneTarget("a missing directory to change to is exit 2", async (host) => {
  const { code, stderr } = await run(host, ["--chdir", "missing"]);
  assertEquals(code, 2);
  assertMatch(stderr, /chdir: missing \(command line --chdir\) cannot be entered/);
});

testOnOneTarget("a working directory that is removed fails a reload and nothing else", async (host) => {
  host.write({ "gone/main.ts": pidApp });
  const server = host.start({ files: {}, args: ["--chdir", "gone"] });
  const [worker] = await server.ready(1);
  Deno.removeSync(`${host.folder}/gone`, { recursive: true });
  server.kill("SIGHUP");
  await server.logged(
    /reload failed, generation 1 keeps serving: chdir: gone \(command line --chdir\) cannot be entered/,
  );
  assertEquals(await server.text(), String(worker!.pid));
  host.write({ "gone/main.ts": "export default () => new Response(Deno.cwd());\n" });
  server.kill("SIGHUP");
  await server.ready(1, 3);
  assertEquals(await server.text(), Deno.realPathSync(`${host.folder}/gone`));
});

async function run(host: TestHost, args: readonly string[]) {
  host.write({ "main.ts": pidApp });
  // The port of the default may be in use on the machine that runs the tests.
  const bind = args.includes("--bind") ? [] : ["--bind", "127.0.0.1:0"];
  return await host.run([...bind, ...args, "main.ts"]);
}

function exists(host: TestHost, name: string): boolean {
  return Array.from(Deno.readDirSync(host.folder)).some((entry) => entry.name === name);
}

testOnOneTarget(
  "an error in the background of an import is a failure to load the app, not a crash loop",
  async (host) => {
    const apps = {
      "rejects.ts": `Promise.reject(new Error("async reject"));\n${pidApp}`,
      "throws.ts":
        `setTimeout(() => { throw new Error("async throw"); });\nawait new Promise(() => {});\n${pidApp}`,
      "huge.ts": `throw new Error("H".repeat(3_000_000));\n${pidApp}`,
    };
    host.write(apps);
    for (const app of Object.keys(apps)) {
      const server = host.start({ files: {}, app, args: ["-w", "2"] });
      assertEquals((await server.exit()).code, 4, server.stderr.slice(0, 2_000));
      assertEquals(server.leftovers(), []);
      assertEquals((await host.run(["check", app])).code, 4);
    }
  },
);

testOnOneTarget("TERM at any moment of the start exits 0 and leaves nothing behind", async (host) => {
  const config = `await new Promise((resolve) => setTimeout(resolve, 300));\nexport default {};\n`;
  host.write({
    "main.ts": `await new Promise((resolve) => setTimeout(resolve, 300));\n${pidApp}`,
    "slow.config.ts": config,
  });
  for (const moment of ["the runtime directory", "the pidfile", "a worker"]) {
    const server = host.start({
      files: {},
      args: ["-w", "2", "-c", "slow.config.ts", "--pid", "server.pid"],
    });
    await server.until(moment, async () => {
      if (moment === "the pidfile") return exists(host, "server.pid");
      if (moment === "a worker") return ((await server.status())?.workers.length ?? 0) > 0;
      return Array.from(Deno.readDirSync(host.runtime)).length > 0;
    });
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
    assert(!exists(host, "server.pid"));
  }
});

testOnOneTarget("a runtime directory is found although the usual places cannot be used", async (host) => {
  const long = `${host.folder}/${"x".repeat(100)}`;
  Deno.mkdirSync(long);
  for (
    const [XDG_RUNTIME_DIR, TMPDIR] of [["/proc", host.runtime], [long, host.runtime], [
      "/nonexistent",
      "/nonexistent",
    ]]
  ) {
    const server = host.start({
      files: { "main.ts": pidApp },
      env: { XDG_RUNTIME_DIR: XDG_RUNTIME_DIR!, TMPDIR: TMPDIR! },
    });
    await server.logged(/1 worker of generation 1 ready/);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  }
});
