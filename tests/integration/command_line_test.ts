import { version } from "../../src/core/version.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { targets, TestHost, testOnOneTarget } from "./harness.ts";

testOnOneTarget("--version and --help work everywhere and exit 0", async (host) => {
  for (const command of [[], ["serve"], ["check"], ["settings"], ["ctl"], ["doctor"], ["completions"]]) {
    const help = await host.run([...command, "--help"]);
    assertEquals([help.code, help.stderr], [0, ""]);
    assertStringIncludes(help.stdout, "Usage: denicorn");
    const said = await host.run([...command, "--version"]);
    assertEquals([said.code, said.stderr], [0, ""]);
    assertMatch(said.stdout, new RegExp(`^denicorn ${RegExp.escape(version)} \\(deno \\S+\\)\\n$`));
  }
});

testOnOneTarget("the arguments that only Denicorn itself uses are refused with one line", async (host) => {
  const program = ["/bin/sh", "-c", "echo started"];
  for (
    const args of [
      ["--worker"],
      ...["", "{}", "null", '{"socket":5,"listen":3}', '{"socket":"/x","listen":[7]}'].map((trial) => [
        "--try-account",
        trial,
      ]),
      ...["", "0", "{}", "null", '{"uid":-1,"gid":0,"groups":[],"lowPorts":false}'].map((identity) => [
        "--run-as",
        identity,
        ...program,
      ]),
      ["--run-as", '{"uid":65534,"gid":65534,"groups":[],"lowPorts":false}'],
      ["--build-app", "{}"],
      ["--read-config", "/nonexistent"],
    ]
  ) {
    const { code, stdout, stderr } = await host.run(args);
    assertEquals([code, stdout], [2, ""], `${args.join(" ")}: ${stderr}`);
    assertMatch(stderr, new RegExp(`^denicorn: ${args[0]}: is only for .*\\n$`));
  }
});

testOnOneTarget("a worker that a stranger starts removes no directory", async (host) => {
  host.write({ "denicorn-main/file": "kept" });
  const { code, stderr } = await host.run(["--worker"], {
    DENICORN_WORKER_CHANNEL: `${host.folder}/denicorn-main/channel.sock`,
    DENICORN_WORKER_TOKEN: "x",
  });
  assertEquals(code, 1);
  assertMatch(stderr, /^denicorn: cannot connect to the master: .*\n$/);
  assertEquals(Deno.readTextFileSync(`${host.folder}/denicorn-main/file`), "kept");
});

const mistakes: readonly { args: string[]; env?: Record<string, string>; says: RegExp }[] = [
  { args: ["main.ts", "--wrokers", "2"], says: /--wrokers.*--workers/ },
  { args: ["main.ts", "-w", "many"], says: /workers: "many" \(command line --workers\)/ },
  { args: ["main.ts", "-w", "2", "-b", "127.0.0.1:0"], says: /bind: .*127\.0\.0\.1:0/ },
  { args: ["main.ts", "--timeout", "-1"], says: /timeout/ },
  { args: ["main.ts"], env: { WEB_CONCURRENCY: "lots" }, says: /workers: "lots" \(env WEB_CONCURRENCY\)/ },
  { args: ["main.ts"], env: { DENICORN_WORKRES: "2" }, says: /DENICORN_WORKRES.*DENICORN_WORKERS/ },
  { args: ["main.ts"], env: { PORT: "http" }, says: /bind: "http" \(env PORT\)/ },
  { args: ["main.ts", "-c", "none.ts"], says: /config: none\.ts \(command line --config\)/ },
  { args: [], says: /no APP is given/ },
  { args: ["main.ts", "other.ts"], says: /other\.ts/ },
  {
    args: ["chekc", "main.ts"],
    says: /"chekc" is neither a command nor a file: did you mean denicorn check\?/,
  },
  {
    args: ["start", "-w", "2", "main.ts"],
    says: /unknown command "start": to serve main\.ts, run `denicorn main\.ts`/,
  },
  { args: ["start"], says: /to serve main\.ts, run `denicorn main\.ts`/ },
  { args: ["restart", "main.ts"], says: /`denicorn reload` replaces all workers/ },
  { args: ["logs"], says: /"logs" is neither a command nor a file: the server writes its log to stderr/ },
  { args: ["version"], says: /"version" is neither a command nor a file: run `denicorn --version`/ },
  { args: ["stpo"], says: /did you mean denicorn stop\?/ },
  { args: ["help", "dance"], says: /help: "dance" is not a command: give one of serve, init, check/ },
  {
    args: ["--preload", "main.ts"],
    says: /--preload \(command line\) is a flag of Gunicorn and Puma: .*prepare/,
  },
  { args: ["-i", "max", "main.ts"], says: /-i \(command line\) is a flag of PM2: give -w auto/ },
  { args: ["-A", "main.ts"], says: /-A \(command line\) is a flag of Deno/ },
  { args: ["-w", "max", "main.ts"], says: /workers: "max" .*: give auto for one on each core/ },
  { args: ["-b", "8000", "main.ts"], says: /bind: "8000" .*: give 127\.0\.0\.1:8000, or :8000/ },
  { args: ["--port", "http", "main.ts"], says: /--port: "http"/ },
  { args: ["ctl", "dance"], says: /ctl: "dance"/ },
  { args: ["completions", "tcsh"], says: /completions: "tcsh"/ },
];

testOnOneTarget("every usage error is exit code 2 and one line that says what is accepted", async (host) => {
  host.write({ "main.ts": pidApp });
  for (const { args, env, says } of mistakes) {
    const { code, stdout, stderr } = await host.run(args, env);
    assertEquals([code, stdout], [2, ""], `${args}: ${stderr}`);
    assertMatch(stderr, /^denicorn: [^\n]+\n$/);
    assertMatch(stderr, says);
  }
  assertEquals(runtimeDirectories(host), []);
});

testOnOneTarget("help, commands of ctl, --host and --port may be given as in other servers", async (host) => {
  host.write({ "main.ts": pidApp });
  const help = await host.run(["help", "check"]);
  assertEquals(help, await host.run(["check", "--help"]));
  assertEquals(await host.run(["help"]), await host.run(["--help"]));
  assertEquals(await host.run(["help", "stop"]), await host.run(["ctl", "--help"]));
  assert((await host.run(["help", "--all"])).stdout.includes("--drain-idle"));
  assert((await host.run(["help", "check", "--all"])).stdout.includes("--drain-idle"));
  const { stdout } = await host.run(["settings", "--host", "0.0.0.0", "--port", "9000"]);
  assertMatch(stdout, /^bind = 0\.0\.0\.0:9000 \(command line --port\)$/m);
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  const status = await host.run(["status", "--socket", host.controlSocket]);
  assertMatch(status.stdout, /^main\.ts is running on 127/);
  assertEquals((await host.run(["stop", "--wait", "--socket", host.controlSocket])).code, 0);
  assertEquals((await server.exit()).code, 0);
});

testOnOneTarget("settings shows each value and where it comes from", async (host) => {
  host.write({
    "main.ts": pidApp,
    "denicorn.config.ts": `import { defineConfig } from "denicorn";
const minutes: number = 2;
export default defineConfig({ app: "main.ts", gracefulTimeout: \`\${minutes}m\` });\n`,
  });
  const text = await host.run(["settings", "-b", "[::1]:9000"], { WEB_CONCURRENCY: "4" });
  assertEquals([text.code, text.stderr], [0, ""]);
  assertMatch(text.stdout, /^workers = 4 \(env WEB_CONCURRENCY\)$/m);
  assertMatch(text.stdout, /^graceful-timeout = 120s \(config file denicorn\.config\.ts\)$/m);
  assertMatch(text.stdout, /^bind = \[::1\]:9000 \(command line --bind\)$/m);
  const json = JSON.parse((await host.run(["settings", "--format", "json"])).stdout);
  assert(
    json.some(({ name, origin }: Record<string, unknown>) => name === "workers" && origin === "default"),
  );
  const markdown = await host.run(["settings", "--format", "markdown"]);
  assertEquals(markdown.stdout, Deno.readTextFileSync(new URL("../../docs/settings.md", import.meta.url)));
  assertEquals(runtimeDirectories(host), []);
});

testOnOneTarget("a config file in TypeScript, JavaScript or JSON starts the server", async (host) => {
  const files = {
    "denicorn.config.ts": `export default { app: "main.ts" } satisfies Record<string, string>;\n`,
    "denicorn.config.js": `export default { app: "main.ts" };\n`,
    "denicorn.config.json": `{ "app": "main.ts" }\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    const server = host.start({ files: { "main.ts": pidApp, [name]: text }, app: null, args: ["-c", name] });
    await server.ready(1);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  }
});

testOnOneTarget("an invalid config file is exit code 2 and names file and line", async (host) => {
  host.write({ "main.ts": pidApp, "denicorn.config.ts": `export default {\n  workers: "many",\n};\n` });
  const value = await host.run(["main.ts"]);
  assertEquals(value.code, 2);
  assertMatch(value.stderr, /workers: "many" \(config file denicorn\.config\.ts\)/);
  host.write({ "denicorn.config.ts": `export default {\n  workers: = 3,\n};\n` });
  const syntax = await host.run(["main.ts"]);
  assertEquals(syntax.code, 2);
  assertMatch(syntax.stderr, /denicorn\.config\.ts:2:\d+/);
});

testOnOneTarget("check loads the app without serving it", async (host) => {
  host.write({
    "good.ts": pidApp,
    "bad.ts": "export default 42;\n",
    "throws.ts": 'throw new Error("no");\n' + pidApp,
  });
  const good = await host.run(["check", "good.ts"]);
  assertEquals(good, { code: 0, stdout: "good.ts: settings and app are good\n", stderr: "" });
  const bad = await host.run(["check", "bad.ts"]);
  assertEquals([bad.code, bad.stdout], [4, ""]);
  assertMatch(bad.stderr, /^denicorn: cannot load the app: the default export of bad\.ts is a number \(42\)/);
  assertEquals((await host.run(["check", "throws.ts"])).code, 4);
  assertEquals((await host.run(["check", "good.ts", "-w", "0"])).code, 2);
  assertEquals(runtimeDirectories(host), []);
});

testOnOneTarget("an error in background code of a config file does not end a command", async (host) => {
  host.write({
    "main.ts": pidApp,
    "denicorn.config.ts": `setInterval(() => { throw new Error("later"); }, 1);\nexport default {};\n`,
  });
  const { stderr } = await host.run(["check", "main.ts"]);
  assert(!/Uncaught/.test(stderr), stderr);
  assertEquals(runtimeDirectories(host), []);
});

testOnOneTarget("ctl status gives up on a stopped master", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  server.kill("SIGSTOP");
  const { code, stderr } = await host.run(["ctl", "--socket", host.controlSocket, "status"]);
  server.kill("SIGCONT");
  assertEquals(code, 1);
  assertMatch(stderr, /no master answers there in time/);
});

testOnOneTarget("ctl status shows the server and its workers", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const workers = await server.ready(2);
  const ctl = ["ctl", "--socket", host.controlSocket];
  const text = await host.run([...ctl, "status"]);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertMatch(text.stdout, new RegExp(`^main\\.ts is running on 127\\.0\\.0\\.1:${server.port}$`, "m"));
  for (const { slot, pid } of workers) {
    assertMatch(text.stdout, new RegExp(`^${slot} +${pid} +1 +ready`, "m"));
  }
  const json = JSON.parse((await host.run([...ctl, "status", "--json"])).stdout);
  assertEquals([json.pid, json.target, json.version], [server.pid, 2, version]);
});

testOnOneTarget(
  "--control-socket sets the path of the control socket, which only this user may open, and it is removed at the end",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["--control-socket", "my.sock"] });
    await server.logged(/ready on/);
    assertEquals((Deno.statSync(`${host.folder}/my.sock`).mode ?? 0) & 0o777, 0o600);
    const { code, stdout } = await host.run(["ctl", "--socket", "my.sock", "status"]);
    assertEquals(code, 0);
    assertStringIncludes(stdout, "main.ts is running");
    server.kill("SIGTERM");
    await server.exit();
    assert(!Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name === "my.sock"));
  },
);

Deno.test({
  name: "[binary] as root: workers run as the given user and group, with the umask",
  // From source, the other user would need to read this checkout and Deno's cache.
  ignore: reasonNotToSwitchUser() !== null,
  async fn() {
    const host = new TestHost(targets.find(({ name }) => name === "binary")!);
    try {
      const executable = `${host.folder}/denicorn`;
      Deno.copyFileSync(host.target.command[0]!, executable);
      for (const path of [host.folder, host.runtime, executable]) Deno.chmodSync(path, 0o755);
      const server = host.start({
        command: [executable],
        files: { "main.ts": `export default () => Response.json([Deno.uid(), Deno.gid(), Deno.umask()]);\n` },
        args: ["--user", "nobody", "--umask", "027"],
      });
      await server.ready(1);
      const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(Deno.readTextFileSync("/etc/passwd"))!;
      assertEquals(await (await server.fetch()).json(), [Number(uid), Number(gid), 0o27]);
      server.kill("SIGTERM");
      assertEquals(await server.exit(), { code: 0, signal: null });
      assertEquals(server.leftovers(), []);
    } finally {
      await host.close();
    }
  },
});

function reasonNotToSwitchUser(): string | null {
  if (Deno.uid() === 0) return null;
  const reason = "only root may switch to another user";
  console.log(`skipped: workers under another user: ${reason}`);
  return reason;
}

function runtimeDirectories(host: TestHost): string[] {
  return Array.from(Deno.readDirSync(host.runtime), ({ name }) => name);
}

testOnOneTarget(
  "init writes a project that checks, serves and follows its files, over no file",
  async (host) => {
    const first = await host.run(["init", "shop"]);
    assertEquals([first.code, first.stderr], [0, ""]);
    assertStringIncludes(first.stdout, "wrote main.ts\n");
    assertMatch(first.stdout, /Next: cd shop && denicorn --watch --workers 1\n$/);
    const folder = `${host.folder}/shop`;
    const checked = await host.run(["check"], {}, folder);
    assertEquals([checked.code, checked.stderr], [0, ""]);
    const types = await new Deno.Command(Deno.execPath(), {
      args: ["check", "."],
      cwd: folder,
      stderr: "piped",
    }).output();
    assertEquals([types.code, new TextDecoder().decode(types.stderr).match(/error.*/i)], [0, null]);
    Deno.writeTextFileSync(`${folder}/main.ts`, pidApp);
    const second = await host.run(["init"], {}, folder);
    assertStringIncludes(second.stdout, "kept  main.ts, which exists\n");
    assertEquals(Deno.readTextFileSync(`${folder}/main.ts`), pidApp);
    const refused = await host.run(["init", "shop/main.ts"]);
    assertEquals(refused.code, 2);
    assertMatch(
      refused.stderr,
      /^denicorn: init: cannot create the directory: shop\/main\.ts \(.*\): choose a directory/,
    );
  },
);
