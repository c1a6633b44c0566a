/** The processes that an app starts, and those that lose their parent. */

import { assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget, until } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

/** `/?SCRIPT` runs a shell with a script, and answers with what it prints. */
const shellApp = `
export default async (request: Request): Promise<Response> => {
  const script = decodeURIComponent(new URL(request.url).search.slice(1));
  if (script === "") return new Response(String(Deno.pid));
  const { stdout } = await new Deno.Command("sh", { args: ["-c", script], stderr: "null" }).output();
  return new Response(stdout);
};\n`;

/** Runs `script` in a worker; the numbers that it prints. */
async function shell(server: Server, script: string): Promise<number[]> {
  return (await server.text(`/?${encodeURIComponent(script)}`)).trim().split(/\s+/).map(Number);
}

/** Starts `command`, which keeps no output open, and prints its process id. */
const inBackground = (command: string) => `${command} >/dev/null 2>&1 </dev/null & echo $!`;

/** The children of `parent` that have ended and were not waited for. */
function zombies(parent: number): string[] {
  return Array.from(Deno.readDirSync("/proc")).flatMap(({ name }) => {
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      return stat.slice(stat.lastIndexOf(")")).startsWith(`) Z ${parent} `) ? [stat] : [];
    } catch {
      return [];
    }
  });
}

function parentOf(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
}

testOnOneTarget("a stop names the processes that an app has started and that still run", async (host) => {
  const server = host.start({ files: { "main.ts": shellApp } });
  const [worker] = await server.ready(1);
  const [left, daemon] = await shell(
    server,
    `${inBackground("sleep 987")}; ${inBackground("setsid sleep 986")}`,
  );
  try {
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertMatch(
      server.stderr,
      new RegExp(
        `pid=${
          worker!.pid
        }  the app has started processes that still run: ${left} \\(sleep 987\\): --kill-group ends them\n`,
      ),
    );
    assertMatch(
      server.stderr,
      new RegExp(`processes that the app has started still run: ${daemon} \\(sleep 986\\)\n`),
    );
    assertEquals([isRunning(left!), isRunning(daemon!)], [true, true]);
  } finally {
    for (const pid of [left!, daemon!]) Deno.kill(pid, "SIGKILL");
  }
});

testOnOneTarget("--kill-group ends what an app has started, by KILL what ignores TERM", async (host) => {
  const server = host.start({ files: { "main.ts": shellApp }, args: ["--kill-group"] });
  await server.ready(1);
  const stubborn = `sh -c 'trap "" TERM; while :; do sleep 1; done'`;
  const pids = await shell(server, `${inBackground("sleep 987")}; ${inBackground(stubborn)}`);
  assertEquals(pids.map(isRunning), [true, true]);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(pids.map(isRunning), [false, false]);
  assertMatch(server.stderr, new RegExp(`ending what the app has started: .*${pids[0]} \\(sleep 987\\)`));
});

testOnOneTarget("--kill-group also asks with TERM at a quick stop", async (host) => {
  const server = host.start({ files: { "main.ts": shellApp }, args: ["--kill-group"] });
  await server.ready(1);
  const careful = `sh -c 'trap "echo whole > tidied; exit" TERM; echo > ready; while :; do sleep 0.05; done'`;
  const [pid] = await shell(server, inBackground(careful));
  await server.until(
    "the trap of the process",
    () => Deno.readDirSync(host.folder).some(({ name }) => name === "ready"),
  );
  server.kill("SIGINT");
  assertEquals((await server.exit()).code, 0);
  assertEquals([isRunning(pid!), Deno.readTextFileSync(`${host.folder}/tidied`)], [false, "whole\n"]);
});

testOnOneTarget("--kill-group ends what a killed worker leaves, and its replacement serves", async (host) => {
  const server = host.start({ files: { "main.ts": shellApp }, args: ["--kill-group"] });
  const [worker] = await server.ready(1);
  const [left] = await shell(server, inBackground("sleep 987"));
  Deno.kill(worker!.pid, "SIGKILL");
  await server.logged(/died \(SIGKILL\).*; replacing it now/);
  await server.until("the end of the process", () => !isRunning(left!));
  const [next] = await server.ready(1);
  assertEquals(await server.text(), String(next!.pid));
});

for (const [flag, isKilled] of [["--no-kill-group", false], ["--kill-group", true]] as const) {
  testOnOneTarget(
    `a worker whose master was killed ${isKilled ? "ends" : "names"} what its app has started`,
    async (host) => {
      const server = host.start({
        files: { "main.ts": shellApp },
        args: [flag, "--error-logfile", "error.log"],
      });
      const log = () => Deno.readTextFileSync(`${host.folder}/error.log`);
      const [worker] = await server.ready(1);
      const [left] = await shell(server, inBackground("sleep 987"));
      server.kill("SIGKILL");
      await server.until("the end of the worker", () => !isRunning(worker!.pid));
      assertEquals(isRunning(left!), !isKilled);
      if (!isKilled) Deno.kill(left!, "SIGKILL");
      assertMatch(
        log(),
        isKilled ? /ending what the app has started: \d+ \(sleep 987\)/ : /still run: \d+ \(sleep 987\)/,
      );
    },
  );
}

testOnOneTarget("a process that lost its worker comes to the master, which reaps it", async (host) => {
  const server = host.start({ files: { "main.ts": shellApp } });
  const [worker] = await server.ready(1);
  const [left] = await shell(server, inBackground("setsid sleep 987"));
  Deno.kill(worker!.pid, "SIGKILL");
  await server.until("the adoption", () => parentOf(left!) === server.pid);
  Deno.kill(left!, "SIGKILL");
  await server.until("the end of the zombie", () => zombies(server.pid).length === 0);
  // The exit statuses of its own processes stay known.
  const [next] = await server.ready(1);
  Deno.kill(next!.pid, "SIGKILL");
  await server.logged(new RegExp(`pid=${next!.pid}  died \\(SIGKILL\\)`));
});

const lacking = Deno.build.os !== "linux" || Deno.uid() !== 0
  ? "a process namespace needs root"
  : new Deno.Command("unshare", { args: ["-pf", "--mount-proc", "true"], stderr: "null" }).outputSync()
      .success
  ? null
  : "this host allows no process namespace";

testOnOneTarget(
  "as process 1 of a container it reaps orphans, and ends what apps have started",
  async (host) => {
    const server = host.start({
      files: { "main.ts": shellApp },
      command: ["unshare", "-pf", "--mount-proc", "--kill-child", ...host.target.command],
      args: ["-w", "2"],
    });
    await server.logged(/2 workers of generation 1 ready/);
    const master = await childOf(server.pid);
    const orphans = Array.from({ length: 50 }, () => "(sleep 0.1 >/dev/null 2>&1 &)").join("; ");
    await shell(server, `${orphans}; echo 0`);
    const later = performance.now() + 1_000;
    await server.until(
      "the end of the orphans",
      () => performance.now() > later && zombies(master).length === 0,
    );
    const [worker] = childrenOf(master);
    Deno.kill(worker!, "SIGKILL");
    await server.logged(/died \(SIGKILL\)/);
    await server.logged(/ready after .*\n[^]*ready after .*\n[^]*ready after /);
    await shell(server, inBackground("sleep 987"));
    Deno.kill(master, "SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertMatch(server.stderr, /ending what the app has started: \d+ \(sleep 987\)/);
  },
  lacking,
);

function childrenOf(parent: number): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter((pid) => {
    try {
      return Number.isInteger(pid) && parentOf(pid) === parent;
    } catch {
      return false;
    }
  });
}

async function childOf(parent: number): Promise<number> {
  return await until("a child", () => childrenOf(parent)[0]);
}
