/** `--daemon`: the command ends when the server serves or has failed, and the server has left its terminal. */

import type { Status } from "../../src/core/telemetry/status.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { openTo, reasonNotToSwitchUser } from "./as_root.ts";
import { freePort, type TestHost, testOnOneTarget, until } from "./harness.ts";
import { shownAs } from "./process_facts.ts";
import { isRunning } from "./server.ts";

const files = {
  "main.ts": `console.log("printed by the app");\nexport default () => new Response(Deno.cwd());\n`,
};
const logs = ["--error-logfile", "error.log", "--pid", "server.pid"];

/** Only for a server that the test has started. */
function readPid({ folder }: TestHost): number | null {
  try {
    return Number(Deno.readTextFileSync(`${folder}/server.pid`));
  } catch {
    return null;
  }
}

/** Starts a daemon, which is ended after `use`. */
async function withDaemon(
  host: TestHost,
  args: readonly string[],
  use: (daemon: { readonly pid: number; readonly port: number }) => Promise<void>,
): Promise<void> {
  const port = freePort();
  host.write(files);
  try {
    const outcome = await host.run(["--bind", `127.0.0.1:${port}`, ...logs, ...args, "main.ts"]);
    assertEquals(outcome, { code: 0, stdout: "", stderr: "" });
    await use({ pid: readPid(host)!, port });
    const pid = readPid(host)!;
    Deno.kill(pid, "SIGTERM");
    await until("the end of the daemon", () => !isRunning(pid), { explain: () => logOf(host) });
    assertEquals(readPid(host), null);
    assertEquals(Array.from(Deno.readDirSync(host.runtime)), []);
  } finally {
    const pid = readPid(host);
    if (pid !== null && isRunning(pid)) Deno.kill(pid, "SIGKILL");
  }
}

function logOf({ folder }: TestHost): string {
  return Deno.readTextFileSync(`${folder}/error.log`);
}

async function text(port: number): Promise<string> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return await (await fetch(`http://127.0.0.1:${port}/`, { client })).text();
}

async function workersOf(host: TestHost): Promise<number[]> {
  const { stdout, stderr } = await host.run(["ctl", "--socket", host.controlSocket, "status", "--json"]);
  assertEquals(stderr, "");
  const { workers, generation } = JSON.parse(stdout) as Status;
  return workers.filter((worker) => worker.generation === generation).map(({ pid }) => pid);
}

function assertDetached(pid: number): void {
  const streams = [0, 1, 2].map((fd) => Deno.readLinkSync(`/proc/${pid}/fd/${fd}`));
  assertEquals(streams, ["/dev/null", "/dev/null", "/dev/null"], `of process ${pid}`);
}

/** The group and the session of a process, and its terminal, which is 0 if it has none (proc(5)). */
function sessionOf(pid: number): number[] {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ").slice(2, 5).map(Number);
}

testOnOneTarget("the command ends when all workers serve, and the server has no terminal", async (host) => {
  await withDaemon(host, ["--daemon", "-w", "2"], async ({ pid, port }) => {
    assertEquals(await text(port), Deno.realPathSync(host.folder));
    assertEquals(sessionOf(pid), [pid, pid, 0]);
    const workers = await workersOf(host);
    assertEquals(workers.length, 2);
    [pid, ...workers].forEach(assertDetached);
    assertMatch(logOf(host), /2 workers of generation 1 ready/);
    assert(!logOf(host).includes("printed by the app"));
    assertEquals((await host.run(["ctl", "--socket", host.controlSocket, "reload", "--wait"])).code, 0);
    (await workersOf(host)).forEach(assertDetached);
  });
});

testOnOneTarget("an upgrade of a daemon starts no second one", async (host) => {
  await withDaemon(host, ["-D", "--proc-name", "shop"], async ({ pid, port }) => {
    Deno.kill(pid, "SIGUSR2");
    await until("the end of the old master", () => !isRunning(pid) && readPid(host) !== pid, {
      explain: () => logOf(host),
    });
    assertEquals(await text(port), Deno.realPathSync(host.folder));
    assertDetached(readPid(host)!);
    assertEquals(shownAs(readPid(host)!).name, "shop");
  });
});

testOnOneTarget("a daemon of workers that are threads, by a config file", async (host) => {
  host.write({
    "denicorn.config.json": JSON.stringify({ daemon: true, workerClass: "threads", threads: 2 }),
  });
  await withDaemon(host, [], async () => (await workersOf(host)).forEach(assertDetached));
});

testOnOneTarget("as root: a daemon with workers of another user", async (host) => {
  openTo(host);
  await withDaemon(host, ["--daemon", "--user", "nobody", "--nice", "-2"], async ({ port }) => {
    assertEquals(await text(port), Deno.realPathSync(host.folder));
    (await workersOf(host)).forEach(assertDetached);
  });
}, reasonNotToSwitchUser);

testOnOneTarget("a start that fails prints why, with the exit code of the server", async (host) => {
  host.write({ "main.ts": "export default (\n", "good.ts": files["main.ts"] });
  const start = (...args: string[]) => host.run(["--daemon", ...logs, ...args]);
  const broken = await start("--bind", `127.0.0.1:${freePort()}`, "main.ts");
  assertEquals(broken.code, 4, broken.stderr);
  assertMatch(broken.stderr, /^denicorn: cannot load the app: main\.ts:2:1/);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const occupied = await start("--bind", `127.0.0.1:${listener.addr.port}`, "good.ts");
  assertEquals(occupied.code, 3, occupied.stderr);
  assertMatch(occupied.stderr, /^denicorn: cannot listen: 127\.0\.0\.1:\d+/);
  assertEquals(readPid(host), null);
  assertEquals(Array.from(Deno.readDirSync(host.runtime)), []);
});

testOnOneTarget("logs of a daemon need a place", async (host) => {
  host.write(files);
  const none = await host.run(["--daemon", "main.ts"]);
  assertEquals(none.code, 2);
  assertMatch(
    none.stderr,
    /^denicorn: daemon: on \(command line --daemon\) is not accepted with error-logfile = - \(default\), because/,
  );
  const access = await host.run(["check", "-D", ...logs, "--access-logfile", "/dev/stdout", "main.ts"]);
  assertEquals(access.code, 2);
  assertMatch(access.stderr, /access-logfile = \/dev\/stdout \(command line --access-logfile\)/);
});

for (const signal of ["SIGINT", "SIGHUP"] as const) {
  testOnOneTarget(
    `${signal} to the command that waits ends the server, too, as without a daemon`,
    async (host) => {
      const server = host.start({
        files: {
          "main.ts":
            "await new Promise((resolve) => setTimeout(resolve, 60_000));\nexport default () => {};\n",
        },
        args: ["--daemon", ...logs],
      });
      await server.until("the server", () => readPid(host) !== null);
      const pid = readPid(host)!;
      server.kill(signal);
      const { code } = await server.exit();
      assertEquals([code, server.stderr], [0, ""]);
      assert(!isRunning(pid));
    },
  );
}

testOnOneTarget("a daemon with a socket that only the command has inherited is refused", async (host) => {
  host.write(files);
  const outcome = await host.run(["--bind", "fd://3", ...logs, "--daemon", "main.ts"]);
  assertEquals([outcome.code, outcome.stdout], [2, ""]);
  assertMatch(outcome.stderr, /^denicorn: daemon: on is not accepted with an inherited socket \(fd:\/\/3\)/);
  assertEquals(Array.from(Deno.readDirSync(host.runtime)), []);
});
