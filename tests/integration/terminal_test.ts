/** A server that was started in a terminal, which is the one of script(1) here. */

import { assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

function hasScript(): boolean {
  try {
    return new Deno.Command("script", { args: ["--version"], stdout: "null", stderr: "null" }).outputSync()
      .success;
  } catch {
    return false;
  }
}

const lacking = Deno.build.os !== "linux" || !hasScript() ? "script of util-linux is not installed" : null;

/** Runs the server in a terminal, as the words `before` it say. The terminal closes when the process of `server` ends. */
function startInTerminal(host: TestHost, before: string): Server {
  return host.start({
    files: { "main.ts": pidApp },
    command: ["sh", "-c", `exec script -qfec "${before} $*" /dev/null`, "sh", ...host.target.command],
    args: ["-w", "2", "--error-logfile", "error.log"],
    env: { SHELL: "/bin/sh" },
  });
}

function log(host: TestHost): string {
  try {
    return Deno.readTextFileSync(`${host.folder}/error.log`);
  } catch {
    return "";
  }
}

/** The process ids of the master and its workers, when it serves. */
async function serving(host: TestHost, server: Server): Promise<readonly [number, ...number[]]> {
  await server.until("the workers", () => /2 workers of generation 1 ready/.test(log(host)));
  const [, master] = /master pid=(\d+)/.exec(log(host))!;
  const workers = Array.from(
    log(host).matchAll(/worker=\d gen=1 pid=(\d+)  ready/g),
    ([, pid]) => Number(pid),
  );
  return [Number(master), ...workers];
}

async function stops(host: TestHost, before: string): Promise<void> {
  const server = startInTerminal(host, before);
  const pids = await serving(host, server);
  server.kill("SIGKILL");
  await server.until("the end of the server", () => pids.every((pid) => !isRunning(pid)));
  assertMatch(log(host), /the terminal has closed: stopping as after Ctrl-C\n.*stopping now\n[^]*stopped\n$/);
  assertEquals(Array.from(Deno.readDirSync(host.runtime)), []);
}

testOnOneTarget(
  "a server in the foreground of a terminal that closes stops as after Ctrl-C",
  (host) => stops(host, "exec"),
  lacking,
);

testOnOneTarget(
  "a server that a shell waits for in a terminal that closes stops as after Ctrl-C",
  (host) => stops(host, "set -m;"),
  lacking,
);

testOnOneTarget("a server whose log goes to the terminal that closes stops, too", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp },
    command: ["sh", "-c", `exec script -qfec "exec $*" /dev/null`, "sh", ...host.target.command],
    env: { SHELL: "/bin/sh" },
  });
  const [, worker, master] = await server.until(
    "the worker",
    () => /pid=(\d+)  ready[^]*master pid=(\d+)  1 worker of/.exec(server.stdout) ?? undefined,
  );
  server.kill("SIGKILL");
  await server.until("the end of the server", () => !isRunning(Number(worker)) && !isRunning(Number(master)));
  assertEquals(Array.from(Deno.readDirSync(host.runtime)), []);
}, lacking);

testOnOneTarget("HUP of an operator reloads a server in a terminal", async (host) => {
  const server = startInTerminal(host, "exec");
  const [master] = await serving(host, server);
  Deno.kill(master, "SIGHUP");
  await server.until("the reload", () => /2 workers of generation 2 ready/.test(log(host)));
  Deno.kill(master, "SIGINT");
  await server.exit();
}, lacking);

testOnOneTarget("under nohup HUP reloads, also when the terminal closes", async (host) => {
  const server = startInTerminal(host, "exec nohup");
  const [master] = await serving(host, server);
  server.kill("SIGKILL");
  await server.until("the reload", () => /2 workers of generation 2 ready/.test(log(host)));
  Deno.kill(master, "SIGTERM");
  await server.until("the end of the master", () => !isRunning(master));
}, lacking);

testOnOneTarget(
  "on a terminal the start counts its workers in place, and on a dumb one in the log",
  async (host) => {
    for (const term of ["xterm", "dumb"]) {
      const server = host.start({
        files: { "main.ts": pidApp },
        command: ["sh", "-c", `exec script -qfec "exec $*" /dev/null`, "sh", ...host.target.command],
        args: ["-w", "3"],
        env: { SHELL: "/bin/sh", TERM: term },
      });
      const [, pid] = await server.until(
        "the workers",
        () => /master pid=(\d+)  3 workers of generation 1 ready/.exec(server.stdout) ?? undefined,
      );
      const isDumb = term === "dumb";
      assertEquals(server.stdout.includes("\x1b"), !isDumb);
      assertEquals(/\x1b\[20D2 of 3 workers ready\x1b8/.test(server.stdout), !isDumb);
      assertEquals(/ready after \d+ ms: 2 of 3 workers ready\r?\n/.test(server.stdout), isDumb);
      Deno.kill(Number(pid), "SIGINT");
      await server.exit();
    }
  },
  lacking,
);
