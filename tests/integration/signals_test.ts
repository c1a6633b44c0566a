import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp, slowApp } from "./apps.ts";
import { notInThisProgram, testOnOneTarget } from "./harness.ts";
import { openFiles, type Server } from "./server.ts";

for (const signal of ["SIGTERM", "SIGQUIT"] as const) {
  testOnOneTarget(`${signal} finishes the requests in flight and exits 0`, async (host) => {
    const server = host.start({ files: { "main.ts": slowApp("whole") }, args: ["-w", "2"] });
    const workers = await server.ready(2);
    const answer = server.text("/?ms=1500");
    await server.until("the request in flight", async () => (await inFlight(server)) === 1);
    server.kill(signal);
    assertEquals(await answer, "whole");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
    for (const { pid } of workers) assertMatch(server.stderr, new RegExp(`pid=${pid}  drained`));
  });
}

testOnOneTarget("after TERM the server serves for shutdown-delay and logs that it stops", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--shutdown-delay", "3"] });
  const [worker] = await server.ready(1);
  const start = performance.now();
  server.kill("SIGTERM");
  await server.logged(/stopping in 3 s \(shutdown-delay\)/);
  Deno.kill(worker!.pid, "SIGKILL");
  await server.until("a replacement that serves", async () => {
    const status = await server.status();
    return status?.phase === "stopping" && status.workers[0]?.pid !== worker!.pid &&
      status.workers[0]?.state === "ready";
  });
  await server.text();
  assertEquals(await server.exit(), { code: 0, signal: null });
  assert(performance.now() - start >= 3_000);
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("INT stops at once, requests or not", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("late") }, args: ["-w", "2"] });
  await server.ready(2);
  const answer = server.text("/?ms=20000").catch(() => "cut");
  await server.until("the request in flight", async () => (await inFlight(server)) === 1);
  server.kill("SIGINT");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(await answer, "cut");
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("a second TERM stops at once", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("late") } });
  await server.ready(1);
  const answer = server.text("/?ms=20000").catch(() => "cut");
  await server.until("the request in flight", async () => (await inFlight(server)) === 1);
  server.kill("SIGTERM");
  await server.logged(/stopping: finishing/);
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(await answer, "cut");
});

testOnOneTarget("graceful-timeout cuts off unfinished requests, and logs it", async (host) => {
  const server = host.start({
    files: { "main.ts": slowApp("late") },
    args: ["--graceful-timeout", "500ms"],
  });
  await server.ready(1);
  const answer = server.text("/?ms=20000").catch(() => "cut");
  await server.until("the request in flight", async () => (await inFlight(server)) === 1);
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(await answer, "cut");
  assertMatch(server.stderr, /worker=0 gen=1 pid=\d+  1 request was cut off after/);
});

testOnOneTarget("TTIN and TTOU add and remove a worker, but never the last one", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  await server.ready(2);
  server.kill("SIGTTIN");
  await server.ready(3);
  server.kill("SIGTTOU");
  await server.ready(2);
  server.kill("SIGTTOU");
  await server.ready(1);
  server.kill("SIGTTOU");
  server.kill("SIGUSR1");
  await server.logged(/logs reopened/);
  assertEquals((await server.status())?.target, 1);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("the target set by TTIN survives a reload", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  server.kill("SIGTTIN");
  await server.ready(2);
  server.kill("SIGHUP");
  await server.ready(2, 2);
});

testOnOneTarget("USR1 reopens the error log and the access log of master and workers", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--error-logfile", "error.log", "--access-logfile", "access.log"],
  });
  const log = (name: string) => {
    try {
      return Deno.readTextFileSync(`${host.folder}/${name}`);
    } catch {
      return "";
    }
  };
  const [worker] = await server.ready(1);
  await server.text("/before?a=1");
  await server.until(
    "the first access line",
    () => /"GET \/before\?a=1 HTTP\/1\.1" 200/.test(log("access.log")),
  );
  assertMatch(log("error.log"), new RegExp(`pid=${worker!.pid}  ready`));

  Deno.renameSync(`${host.folder}/error.log`, `${host.folder}/error.1`);
  Deno.renameSync(`${host.folder}/access.log`, `${host.folder}/access.1`);
  server.kill("SIGUSR1");
  await server.until("a new error log", () => /logs reopened/.test(log("error.log")));
  // The master creates it, before the worker opens it.
  const logs = ["error.log", "access.log"].map((name) => `${host.folder}/${name}`);
  await server.until("the worker's new logs", () => {
    const open = openFiles(worker!.pid);
    return logs.every((path) => open.includes(path));
  });
  await server.text("/after");
  await server.until("its first line", () => /"GET \/after HTTP\/1\.1" 200/.test(log("access.log")));
  assertEquals(/after/.test(log("access.1")), false);
  // Everything is in the log files.
  assertEquals([server.stdout, server.stderr], ["", ""]);
});

testOnOneTarget("WINCH drains all workers and keeps the master; HUP brings them back", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  await server.ready(2);
  server.kill("SIGWINCH");
  await server.until("no workers", async () => (await server.status())?.workers.length === 0);
  const from = server.stderr.length;
  server.kill("SIGHUP");
  await server.ready(2, 2);
  assertEquals(/gen=1/.test(server.stderr.slice(from)), false, "no worker of the old code was started");
});

testOnOneTarget("a worker that gets TERM drains by itself and is replaced", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("whole") } });
  const [worker] = await server.ready(1);
  const answer = server.text("/?ms=2000");
  await server.until("the request in flight", async () => (await inFlight(server)) === 1);
  Deno.kill(worker!.pid, "SIGTERM");
  assertEquals(await answer, "whole");
  const [next] = await server.ready(1);
  assertEquals(next!.pid === worker!.pid, false);
});

testOnOneTarget("a worker ignores signals for the master", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  const [worker] = await server.ready(1);
  for (const signal of ["SIGHUP", "SIGUSR2", "SIGTTIN", "SIGTTOU", "SIGWINCH"] as const) {
    Deno.kill(worker!.pid, signal);
  }
  assertEquals(await server.text(), String(worker!.pid));
  assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
});

/** Requests in flight as of the workers' last heartbeats. */
async function inFlight(
  server: { status(): Promise<{ workers: readonly { inFlight: number }[] } | undefined> },
) {
  const status = await server.status();
  return status?.workers.reduce((sum, worker) => sum + worker.inFlight, 0);
}

testOnOneTarget(
  "WINCH with a long request in flight leaves no connection hanging, and the next workers serve",
  async (host) => {
    const server = host.start({
      files: { "main.ts": slowApp("whole") },
      args: ["-w", "2", "--graceful-timeout", "4"],
    });
    await server.ready(2);
    const answer = server.text("/?ms=3500");
    await server.until("the request in flight", async () => {
      return (await server.status())?.workers.some(({ inFlight }) => inFlight === 1);
    });
    server.kill("SIGWINCH");
    // Once the listeners are closed connections are refused: none may wait in a queue that nothing accepts from.
    await server.until("a refusal", () =>
      server.fetch("/", { signal: AbortSignal.timeout(3_000) }).then(
        async (response) => void await response.body?.cancel(),
        (error) => {
          assertEquals(error instanceof TypeError, true, String(error));
          return true;
        },
      ));
    server.kill("SIGHUP");
    assertEquals(await answer, "whole");
    await server.ready(2);
    for (let request = 0; request < 20; request++) assertEquals(await server.text(), "whole");
  },
);

testOnOneTarget(
  "USR1 leaves no inspector open, through which any user could run code in the server",
  async (host) => {
    // Loud, so that the runtime says when it opens it.
    const command = host.target.command.filter((word) => word !== "--quiet");
    const server = host.start({ files: { "main.ts": pidApp }, command, args: [] });
    await server.ready(1);
    const [port] = await server.until("the inspector that nobody can reach", () => {
      const found = listeners(server);
      return found.length > 0 ? found : undefined;
    });
    // The runtime handles the signal itself from half a second after its start on.
    const later = performance.now() + 1_000;
    while (performance.now() < later) {
      const from = server.stderr.length;
      server.kill("SIGUSR1");
      await server.logged(/logs reopened/, from);
      assertEquals(listeners(server), [port]);
    }
    const attempt = Deno.connect({ hostname: "127.0.0.1", port: port! });
    let isConnected = false;
    attempt.then((connection) => {
      isConnected = true;
      connection.close();
    }, () => {});
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert(!isConnected && !server.stderr.includes("Debugger listening"), server.stderr);
    await server.ready(1);
  },
  ({ name }) => name === "source" ? null : notInThisProgram,
);

testOnOneTarget("USR1 without a free file descriptor does not end the server", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--error-logfile", "-"] });
  await server.ready(1);
  // From half a second after the start on the runtime handles the signal itself, too.
  const isOccupied = () => listeners(server).length > 0 || undefined;
  if (host.target.name === "source") {
    await server.until("an inspector", isOccupied);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  const limit = (limit: number) =>
    new Deno.Command("prlimit", { args: ["--pid", `${server.pid}`, `--nofile=${limit}:`] }).output();
  for (let times = 0; times < 3; times++) {
    const from = server.stderr.length;
    await limit(openFiles(server.pid).length);
    server.kill("SIGUSR1");
    await server.logged(/logs reopened/, from);
    await limit(1_024);
  }
  await server.ready(1);
  assert(!/panicked/.test(server.stderr), server.stderr);
});

/** The ports of 127.0.0.1 on which the process listens, without those that its workers listen on. */
function listeners({ pid, port: shared }: Server): number[] {
  const rows = Deno.readTextFileSync("/proc/net/tcp").split("\n").map((row) => row.trim().split(/\s+/));
  const own = new Set(openFiles(pid));
  const ports = rows.filter((row) => row[3] === "0A" && own.has(`socket:[${row[9]}]`))
    .map((row) => parseInt(row[1]!.split(":")[1]!, 16));
  return ports.filter((port) => port !== shared);
}
