/** The old master is killed at any moment of an upgrade: its workers serve until the new master can. */

import { assert, assertEquals } from "../assert.ts";
import { askAgainAndAgain, type Asked } from "./again_and_again.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

/** Kills the old master when `untilKill` resolves, under load; no request may be lost. */
async function killOldMaster(
  host: TestHost,
  args: readonly string[],
  untilKill: (successor: Promise<number>, server: Server, children: ReadonlySet<string>) => Promise<unknown>,
): Promise<Server> {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["-w", "2", "--pid", "server.pid", ...args],
  });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  const old = server.pid;
  const loads = Array.from({ length: 4 }, () =>
    askAgainAndAgain(async () => {
      const text = await (await server.fetch("/", { signal: AbortSignal.timeout(15_000) })).text();
      return /^\d+$/.test(text) ? null : text;
    }));
  const children = new Set(childrenOf(old));
  server.kill("SIGUSR2");
  const started = server.logged(/upgrade: process (\d+) starts/).then(([, pid]) => Number(pid));
  started.catch(() => {});
  const results: Asked[] = [];
  try {
    await untilKill(started, server, children);
    server.kill("SIGKILL");
    await server.upgraded();
    const after = (await server.ready(2)).map(({ pid }) => String(pid));
    await server.answeredBy(after, 20);
  } finally {
    results.push(...await Promise.all(loads.map((load) => load.end())));
  }
  assertEquals(results.flatMap(({ failures }) => failures), [], server.stderr);
  assert(results.every(({ asked }) => asked > 0), JSON.stringify(results));
  await server.until("the end of the old workers", () => before.every((pid) => !isRunning(pid)));
  assertEquals(Deno.readTextFileSync(`${host.folder}/server.pid`), `${server.pid}\n`);
  assert(server.pid !== old);
  return server;
}

function later(ms: number) {
  return async (started: Promise<number>) => {
    await started;
    await new Promise((resolve) => setTimeout(resolve, ms));
  };
}

function childrenOf(parent: number): string[] {
  return Array.from(Deno.readDirSync(`/proc/${parent}/task`), ({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/${parent}/task/${name}/children`);
    } catch {
      return "";
    }
  }).join("").split(" ").filter((pid) => pid !== "");
}

for (const attempt of [1, 2, 3]) {
  testOnOneTarget(
    `the old master is killed before it knows that the new process runs, attempt ${attempt}: nothing is lost`,
    async (host) => {
      const server = await killOldMaster(host, [], async (_, { pid }, before) => {
        // As fast as possible: the next moments of the master are what this is about.
        for (let looks = 0; looks < 100_000; looks++) {
          if (childrenOf(pid).some((child) => !before.has(child))) return;
          if (looks % 20 === 0) await new Promise((resolve) => setTimeout(resolve));
        }
      });
      assert(!/steering is off/.test(server.stderr), server.stderr);
    },
  );
}

for (const ms of [0, 20, 50, 100, 150, 200, 300, 400]) {
  testOnOneTarget(
    `the old master is killed ${ms} ms after it has started the new one: nothing is lost`,
    async (host) => {
      const server = await killOldMaster(host, [], later(ms));
      assert(!/steering is off/.test(server.stderr), server.stderr);
      server.kill("SIGTERM");
      await server.until("nothing left", () => server.leftovers().length === 0);
    },
  );
}

testOnOneTarget("a new master that is killed at any moment of its start leaves nothing", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  host.write({ "main.ts": "await new Promise(() => setInterval(() => {}, 1000));\n" + pidApp });
  for (const ms of [0, 20, 40, 60, 80, 100, 120, 140, 160, 180, 200, 250]) {
    const from = server.stderr.length;
    server.kill("SIGUSR2");
    const [, successor] = await server.logged(/upgrade: process (\d+) starts/, from);
    await new Promise((resolve) => setTimeout(resolve, ms));
    Deno.kill(Number(successor), "SIGKILL");
    await server.logged(/upgrade failed/, from);
    await server.until("the phase", async () => (await server.status())?.phase === "running");
    await server.until(
      "only one runtime directory",
      () => Array.from(Deno.readDirSync(host.runtime)).length === 1,
    );
    assertEquals((await server.ready(2)).map(({ pid }) => pid), before);
  }
  const expected = [server.pid, ...before].sort().join();
  await server.until("no other process", () => processesUnder(host.folder).sort().join() === expected);
  server.kill("SIGTERM");
  await server.exit();
  assertEquals(server.leftovers(), []);
});

testOnOneTarget(
  "the directory of a new master that is killed before it has a socket is removed",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "1"] });
    await server.ready(1);
    host.write({ "main.ts": "await new Promise(() => setInterval(() => {}, 1000));\n" + pidApp });
    server.kill("SIGUSR2");
    const [, successor] = await server.logged(/upgrade: process (\d+) starts/);
    // The moment between the two is too short to be hit.
    Deno.mkdirSync(`${host.runtime}/denicorn-0123456789abcdef`, { mode: 0o700 });
    Deno.kill(Number(successor), "SIGKILL");
    await server.logged(/upgrade failed/);
    const directories = () => Array.from(Deno.readDirSync(host.runtime)).length;
    await server.until("only one runtime directory", () => directories() === 1);
    server.kill("SIGTERM");
    await server.exit();
    assertEquals(server.leftovers(), []);
  },
);

/** The processes whose working directory is `folder`. */
function processesUnder(folder: string): number[] {
  return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter((pid) => {
    try {
      return pid > 0 && Deno.readLinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      return false;
    }
  });
}
