import type { LifecycleEvent } from "../../src/core/telemetry/lifecycle.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import { pidApp, slowApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { isRunning } from "./server.ts";

/** With --socket, since this user may run other servers at the same time. */
function ctl(host: TestHost, ...args: string[]) {
  return host.run(["ctl", "--socket", host.controlSocket, ...args]);
}

async function ask(host: TestHost, path: string, init: RequestInit = {}): Promise<Response> {
  const proxy = { transport: "unix", path: host.controlSocket } as const;
  using client = Deno.createHttpClient({ proxy });
  const response = await fetch(`http://localhost${path}`, { ...init, client });
  return new Response(await response.arrayBuffer(), { status: response.status, headers: response.headers });
}

/** Fails to load while there is a file `broken`. */
const breakableApp = `let broken = true;
try { Deno.statSync("broken"); } catch { broken = false; }
if (broken) throw new Error("it is broken");
${pidApp}`;

const hangingApp = `await new Promise(() => setInterval(() => {}, 1000));\n${pidApp}`;

testOnOneTarget(
  "ctl reload --wait ends with the reload: done, or with its reason and exit code",
  async (host) => {
    const server = host.start({ files: { "main.ts": slowApp("one") }, args: ["-w", "2"] });
    await server.ready(2);
    host.write({ "main.ts": slowApp("two") });
    const done = await ctl(host, "reload", "--wait");
    assertEquals(done, { code: 0, stdout: "reload done: 2 workers are ready\n", stderr: "" });
    assertEquals(await server.text(), "two");
    const failures: [file: string, source: string, code: number, says: RegExp][] = [
      [
        "main.ts",
        "export default 1;\n",
        4,
        /^denicorn: cannot load the app: the default export of main\.ts is a number/,
      ],
      ["main.ts", "throw new Error('no');\n", 4, /^denicorn: cannot load the app: .*no/],
      [
        "main.ts",
        `Deno.exit(7);\n${pidApp}`,
        3,
        /^denicorn: cannot boot a worker: its process ended with exit code 7/,
      ],
      ["denicorn.config.json", '{ "workers": "many" }\n', 2, /^denicorn: workers: "many"/],
    ];
    for (const [file, source, code, says] of failures) {
      host.write({ "main.ts": slowApp("two"), [file]: source });
      const failed = await ctl(host, "reload", "--wait");
      assertEquals([failed.code, failed.stdout], [code, ""], failed.stderr);
      assertMatch(failed.stderr, says);
      assertEquals(await server.text(), "two");
    }
    const [worker] = await server.ready(2, 2);
    const { stdout } = await ctl(host, "status");
    assertMatch(stdout, /^reload failed, generation 2 keeps serving: workers: "many"/m);
    const recycled = await ctl(host, "recycle", String(worker!.slot));
    assertEquals(recycled, {
      code: 0,
      stdout: `recycle accepted: worker ${worker!.slot} is drained as soon as a new one is ready\n`,
      stderr: "",
    });
    await server.logged(/due for recycling: requested: replacing it/);
    await server.until("the worker is replaced", async () => {
      const status = await server.status();
      return status?.workers.every(({ pid }) => pid !== worker!.pid) && status.workers.length === 2;
    });
  },
);

testOnOneTarget(
  "ctl reload --wait names the settings that take a restart, and --strict fails because of them",
  async (host) => {
    const config = (text: string) => ({ "denicorn.config.ts": `export default { ${text} };\n` });
    const server = host.start({ files: { "main.ts": slowApp("one"), ...config("backlog: 100") } });
    await server.ready(1);
    const ready = "1 worker is ready";
    assertEquals(await ctl(host, "reload", "--strict"), {
      code: 0,
      stdout: `reload done: ${ready}\n`,
      stderr: "",
    });
    host.write(
      config("backlog: 100, pid: 'a.pid', umask: '077', adminToken: 'sixteen-letters-1', timeout: 40"),
    );
    const pid = `pid was changed, which takes a restart: none stays in force, not ${host.folder}/a.pid`;
    const umask = "umask was changed, which takes a restart: inherited stays in force, not 077";
    const token = "admin-token was changed, which takes a restart: none stays in force, not (hidden)";
    const said = `reload done: ${ready}; ${pid}; ${umask}; ${token}\n`;
    assertEquals(await ctl(host, "reload", "--wait"), { code: 0, stdout: said, stderr: "" });
    for (const line of [pid, umask, token]) assert(server.stderr.includes(`${line}\n`), server.stderr);
    const strict = await ctl(host, "reload", "--strict");
    assertEquals([strict.code, strict.stdout], [2, said]);
    assertEquals(
      strict.stderr,
      `denicorn: reload: not all of the settings are in force: ${pid}; ${umask}; ${token}: ` +
        "restart the server, or change them back\n",
    );
    const json = JSON.parse((await ctl(host, "reload", "--wait", "--json")).stdout);
    assertEquals(json.notApplied[1], { name: "umask", inForce: "inherited", wanted: "077" });
    assertEquals(
      JSON.parse((await ctl(host, "settings", "--json")).stdout).find(
        ({ name }: { name: string }) => name === "timeout",
      ).value,
      40,
    );
    host.write(config("backlog: 100"));
    assertEquals((await ctl(host, "reload", "--strict")).code, 0);
  },
);

testOnOneTarget(
  "ctl scale --wait ends when the workers are ready, or with the reason why not",
  async (host) => {
    const server = host.start({ files: { "main.ts": breakableApp } });
    await server.ready(1);
    assertEquals(
      (await ctl(host, "scale", "+2", "--wait")).stdout,
      "scale done: 3 workers are ready\n",
    );
    await server.ready(3);
    assertEquals((await ctl(host, "scale", "-1", "--wait")).code, 0);
    await server.ready(2);
    const json = await ctl(host, "scale", "1", "--wait", "--json");
    assertEquals(JSON.parse(json.stdout), { state: "done", message: "1 worker is ready" });
    const none = await ctl(host, "scale", "-1");
    assertEquals([none.code, none.stdout], [1, ""]);
    assertMatch(none.stderr, /^denicorn: cannot scale from 1 to 0 workers: give a number of workers from 1/);

    host.write({ broken: "" });
    const failed = await ctl(host, "scale", "2", "--wait");
    assertEquals([failed.code, failed.stdout], [4, ""], failed.stderr);
    assertMatch(failed.stderr, /it is broken/);
    Deno.removeSync(`${host.folder}/broken`);
    await server.ready(2);
  },
);

testOnOneTarget("commands given at the same time run one at a time", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  const post = (path: string, body: unknown = {}) =>
    ask(host, `${path}?wait=1`, { method: "POST", body: JSON.stringify(body) });
  // Each on its own connection: they may arrive in any order.
  const answers = await Promise.all([
    post("/reload"),
    post("/scale", { target: "+1" }),
    post("/scale", { target: "+1" }),
    post("/reload"),
  ]);
  assertEquals(answers.map(({ status }) => status), [200, 200, 200, 200]);
  await server.ready(3);
  const lines = server.stderr.match(/workers: \d -> \d|reading settings|workers? of generation \d ready/g)!;
  assertEquals(lines.filter((line) => line.includes("->")), ["workers: 1 -> 2", "workers: 2 -> 3"]);
  // A reload that waits in the queue serves both requests.
  const reloads = lines.filter((line) => line === "reading settings").length;
  assert(reloads === 1 || reloads === 2, lines.join("\n"));
  const order = lines.map((line) => line.includes("ready") ? "end" : "begin");
  const alternating = Array.from({ length: reloads + 2 }, () => ["begin", "end"]).flat();
  assertEquals(order, ["end", ...alternating], lines.join("\n"));
});

testOnOneTarget("ctl upgrade --wait ends when the new master serves, or has failed", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  await server.ready(2);
  host.write({ "main.ts": "export default 1;\n" });
  const failed = await ctl(host, "upgrade", "--wait");
  assertEquals([failed.code, failed.stdout], [1, ""]);
  assertMatch(
    failed.stderr,
    /^denicorn: upgrade failed, this master keeps serving: process \d+ ended \(exit code 4\)/,
  );
  await server.ready(2);
  host.write({ "main.ts": pidApp });
  const done = await ctl(host, "upgrade", "--wait");
  assertEquals([done.code, done.stderr], [0, ""]);
  assertMatch(done.stdout, /^upgrade done: process \d+ serves/);
  await server.upgraded();
  const workers = await server.ready(2);
  await server.answeredBy(workers.map(({ pid }) => String(pid)), 40);
});

testOnOneTarget(
  "ctl stop ends the server, and commands that wait fail",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp } });
    await server.ready(1);
    host.write({ "main.ts": hangingApp });
    const reload = ctl(host, "reload", "--wait");
    await server.logged(/reload: reading settings/);
    await server.until("the canary", async () => (await server.status())?.workers.length === 2);
    const stop = await ctl(host, "stop");
    assertEquals(stop, { code: 0, stdout: "stop accepted: stopping\n", stderr: "" });
    assertEquals(await reload, {
      code: 1,
      stdout: "",
      stderr: "denicorn: cannot reload: the server is stopping\n",
    });
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget("ctl stop --now does not wait for a request", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("never") } });
  await server.ready(1);
  const answer = server.text("/?ms=60000").catch(() => "cut");
  await server.until("the request", async () => (await server.status())?.workers[0]?.inFlight === 1);
  const { pid } = server;
  const stopped = await ctl(host, "stop", "--now", "--wait");
  assertEquals(stopped, { code: 0, stdout: `stop done: process ${pid} has ended\n`, stderr: "" });
  assert(!isRunning(pid));
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(await answer, "cut");
});

testOnOneTarget("ctl events ends when its reader is gone", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  const [command, ...prefix] = host.target.command as [string, ...string[]];
  const process = new Deno.Command(command, {
    args: [...prefix, "ctl", "--socket", host.controlSocket, "events"],
    stdout: "piped",
    signal: AbortSignal.timeout(20_000),
  }).spawn();
  const reader = process.stdout.getReader();
  await reader.read();
  await reader.cancel();
  assertEquals((await ctl(host, "scale", "2", "--wait")).code, 0);
  assertEquals(await process.status, { success: true, code: 0, signal: null });
});

testOnOneTarget("ctl events does not wait for a master that never answers", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  const [command, ...prefix] = host.target.command as [string, ...string[]];
  server.kill("SIGSTOP");
  try {
    const { code, signal, stderr } = await new Deno.Command(command, {
      args: [...prefix, "ctl", "--socket", host.controlSocket, "events"],
      signal: AbortSignal.timeout(20_000),
    }).output();
    assertEquals([code, signal], [1, null]);
    assertMatch(new TextDecoder().decode(stderr), /no master answers there in time/);
  } finally {
    server.kill("SIGCONT");
  }
});

testOnOneTarget("ctl events prints past and new events until the server ends", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const [worker] = await server.ready(2);
  const all = ctl(host, "events", "--json");
  const text = ctl(host, "events");
  Deno.kill(worker!.pid, "SIGKILL");
  await server.logged(/died \(SIGKILL\)/);
  await server.ready(2);
  await ctl(host, "scale", "1", "--wait");
  await ctl(host, "reload", "--wait");
  host.write({ "main.ts": "export default 1;\n" });
  await ctl(host, "reload", "--wait");
  await ctl(host, "reopen");
  await server.ready(1, 2);
  server.kill("SIGTERM");
  await server.exit();
  const { code, stdout, stderr } = await all;
  assertEquals([code, stderr], [0, ""]);
  const events: LifecycleEvent[] = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(events.map(({ id }) => id), events.map((_, index) => index + 1));
  const kinds = new Set(events.map(({ kind }) => kind));
  for (
    const kind of [
      ...["worker-ready", "complete", "worker-died", "scaled", "worker-ended"],
      ...["reload-began", "reload-complete", "reload-failed", "stopping"],
    ] as const
  ) assert(kinds.has(kind), `${kind}:\n${stdout}`);
  const died = events.find(({ kind }) => kind === "worker-died");
  assertEquals([died?.pid, died?.gen], [worker!.pid, 1]);
  assertEquals(events.find(({ kind }) => kind === "reload-failed")?.error?.exitCode, 4);
  assertMatch((await text).stdout, /^\S+Z reload-complete master {2}1 worker of generation 2 ready on/m);
});

testOnOneTarget(
  "the socket is for this user only, and answers errors with 4xx and a reason",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp } });
    await server.ready(1);
    assertEquals((Deno.statSync(host.controlSocket).mode ?? 0) & 0o777, 0o600);
    const mistakes: [path: string, init: RequestInit, status: number][] = [
      ["/dance", {}, 404],
      ["/reload", {}, 405],
      ["/status", { method: "DELETE" }, 405],
      ["/scale", { method: "POST", body: "{" }, 400],
      ["/scale", { method: "POST", body: '{"target": 5000}' }, 400],
      ["/scale", { method: "POST", body: '{"target": "-1"}' }, 400],
      ["/stop", { method: "POST", body: '{"now": 1}' }, 400],
      ["/handover", { method: "POST", body: '{"fdInbox": null}' }, 409],
      ["/handover", { method: "POST", body: "null" }, 400],
      ["/retire", { method: "POST" }, 409],
      ["/scale", { method: "POST", body: `{"target": 4${" ".repeat(70_000)}}` }, 413],
    ];
    for (const [path, init, status] of mistakes) {
      const answer = await ask(host, path, init);
      assertEquals(answer.status, status, path);
      assertMatch((await answer.json()).error, /.{10}/);
    }
    assertEquals((await (await ask(host, "/workers")).json()).length, 1);
    const settings: { name: string; value: unknown }[] = await (await ask(host, "/settings")).json();
    assertEquals(settings.find(({ name }) => name === "bind")?.value, [`127.0.0.1:${server.port}`]);
  },
);

testOnOneTarget("--no-control-socket turns it off, and USR2 logs why it does nothing", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("one") }, args: ["--no-control-socket"] });
  await server.logged(/1 worker of generation 1 ready/);
  const found = Array.from(Deno.readDirSync(host.runtime), ({ name }) => `${host.runtime}/${name}`)
    .flatMap((directory) => Array.from(Deno.readDirSync(directory), ({ name }) => name));
  assert(!found.includes("control.sock"), found.join());
  server.kill("SIGUSR2");
  await server.logged(/USR2 ignored: there is no control socket/);
  host.write({ "main.ts": slowApp("two") });
  server.kill("SIGHUP");
  await server.logged(/1 worker of generation 2 ready/);
  assertEquals(await server.text(), "two");
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("a chosen control socket that cannot be created ends the start", async (host) => {
  host.write({ "main.ts": pidApp });
  const { code, stderr } = await host.run([
    "main.ts",
    "-b",
    "127.0.0.1:0",
    "--control-socket",
    "none/my.sock",
  ]);
  assertEquals(code, 2);
  assertMatch(stderr, /^denicorn: cannot create control-socket: \S+\/none\/my\.sock/);
});

testOnOneTarget("ctl picks the server that --pid or --socket names", async (host) => {
  const files = { "main.ts": pidApp };
  const one = host.start({ files, args: ["--pid", "one.pid"] });
  const other = host.start({ files, args: ["--pid", "other.pid", "--control-socket", "other.sock"] });
  await one.ready(1);
  await other.ready(1);
  const ambiguous = await host.run(["ctl", "status"]);
  assertEquals(ambiguous.code, 2);
  assertMatch(ambiguous.stderr, /cannot choose the server: \d+ are running: name one with --socket/);
  const socket = `${Deno.realPathSync(host.folder)}/other.sock`;
  assertStringIncludes(
    ambiguous.stderr,
    `${socket} (main.ts on 127.0.0.1:${other.port}, process ${other.pid})`,
  );
  const listed = JSON.parse((await host.run(["list", "--json"])).stdout);
  const own = listed.filter(({ pid }: { pid: number }) => [one.pid, other.pid].includes(pid));
  assertEquals(own.map(({ app, phase, workers }: Record<string, unknown>) => [app, phase, workers]), [
    ["main.ts", "running", 1],
    ["main.ts", "running", 1],
  ]);
  const table = (await host.run(["ctl", "list"])).stdout;
  assertMatch(table, /^PID +APP +STATE +WORKERS +AGE +ADDRESSES +SOCKET\n/);
  assertMatch(table, new RegExp(`^${other.pid} +main\\.ts +running .* ${RegExp.escape(socket)}$`, "m"));
  const pidOf = async (...args: string[]) =>
    JSON.parse((await host.run(["ctl", ...args, "status", "--json"])).stdout).pid;
  assertEquals(await pidOf("--pid", "one.pid"), one.pid);
  assertEquals(await pidOf("--pid", "other.pid"), other.pid);
  assertEquals(await pidOf("--socket", "other.sock"), other.pid);
  one.kill("SIGTERM");
  await one.exit();
  assertMatch(
    (await host.run(["ctl", "--pid", "one.pid", "status"])).stderr,
    /cannot read the pidfile: one\.pid/,
  );
  other.kill("SIGTERM");
  await other.exit();
  const absent = await host.run(["ctl", "--socket", "other.sock", "status"]);
  assertEquals([absent.code, absent.stdout], [1, ""]);
  assertMatch(absent.stderr, /^denicorn: cannot reach the server: other\.sock: no master answers there/);
});

testOnOneTarget("ctl reopen fails with the reason if a log file cannot be opened", async (host) => {
  host.write({ "logs/access.log": "" });
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--access-logfile", "logs/access.log", "--error-logfile", "error.log"],
  });
  await server.ready(1);
  assertEquals((await ctl(host, "reopen")).stdout, "reopen done: logs reopened\n");
  Deno.removeSync(`${host.folder}/logs`, { recursive: true });
  const failed = await ctl(host, "reopen");
  assertEquals([failed.code, failed.stdout], [2, ""]);
  assertMatch(failed.stderr, /^denicorn: cannot open access-logfile: \S+\/logs\/access\.log \(/);
  assertMatch(Deno.readTextFileSync(`${host.folder}/error.log`), /error .*cannot open access-logfile/);
  assertEquals((await server.ready(1)).length, 1);
  host.write({ "logs/access.log": "" });
  assertEquals((await ctl(host, "reopen")).code, 0);
});

testOnOneTarget("ctl top prints once without a terminal", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  const [worker] = await server.ready(1);
  for (let request = 0; request < 5; request++) await server.text();
  const { code, stdout, stderr } = await ctl(host, "top");
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^main\.ts is running on/);
  assertMatch(stdout, new RegExp(`^0 +${worker!.pid} +1 +ready +0\\.0 `, "m"));
  assert(!stdout.includes("\\x1b"));
  assert(isRunning(server.pid));
});

testOnOneTarget("ctl recognises a socket of another program", async (host) => {
  host.write({});
  const path = `${host.folder}/other.sock`;
  await using _other = Deno.serve({ path, onListen() {} }, () => new Response("hello"));
  for (const words of [["status"], ["scale", "2"], ["stop", "--wait"], ["events"]]) {
    const { code, stdout, stderr } = await host.run(["ctl", "--socket", path, ...words]);
    assertEquals([code, stdout], [1, ""], words.join());
    assertMatch(
      stderr,
      /^denicorn: cannot reach the server: .*other\.sock: the program that answers there is not Denicorn[^\n]+\n$/,
    );
  }
});
