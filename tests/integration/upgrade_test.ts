import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp, slowApp } from "./apps.ts";
import { freePort, testOnOneTarget } from "./harness.ts";
import { isRunning, openFiles } from "./server.ts";

testOnOneTarget(
  "USR2: a new master takes over, twice in a row, and the last one stops cleanly",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2", "--pid", "server.pid"] });
    const pids = new Set<number>();
    for (let upgrade = 0; upgrade < 2; upgrade++) {
      const before = (await server.ready(2)).map(({ pid }) => pid);
      pids.add(server.pid);
      server.kill("SIGUSR2");
      await server.upgraded();
      const after = (await server.ready(2)).map(({ pid }) => pid);
      assert(after.every((pid) => !before.includes(pid)));
      assertEquals(Deno.readTextFileSync(`${host.folder}/server.pid`), `${server.pid}\n`);
      await server.answeredBy(after.map(String), 20);
    }
    assertEquals(await server.exited, { code: 0, signal: null });
    pids.add(server.pid);
    assertEquals(pids.size, 3);
    server.kill("SIGTERM");
    await server.until("the end of the last master", () => !isRunning(server.pid));
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget(
  "USR2: settings and app are read again, and a request in flight is finished",
  async (host) => {
    const server = host.start({
      files: { "main.ts": slowApp("old"), "denicorn.config.ts": "export default {};\n" },
    });
    await server.ready(1);
    const response = server.text("/?ms=1500");
    await server.until(
      "the request in flight",
      async () => (await server.status())?.workers[0]?.inFlight === 1,
    );
    host.write({ "main.ts": slowApp("new"), "denicorn.config.ts": "export default { workers: 2 };\n" });
    server.kill("SIGUSR2");
    assertEquals(await response, "old");
    await server.upgraded();
    await server.ready(2);
    assertEquals(await server.text(), "new");
  },
);

testOnOneTarget(
  "USR2 with an app that cannot be loaded: the old master keeps serving and logs why",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2", "--pid", "server.pid"] });
    const before = (await server.ready(2)).map(({ pid }) => pid);
    for (const broken of ["export default 1;\n", "import 'nowhere';\n", "throw new Error('no');\n"]) {
      const from = server.stderr.length;
      host.write({ "main.ts": broken });
      server.kill("SIGUSR2");
      await server.logged(
        /upgrade failed, this master keeps serving: process \d+ ended \(exit code 4\)/,
        from,
      );
      assertMatch(server.stderr.slice(from), /cannot load the app/);
    }
    assertEquals((await server.ready(2)).map(({ pid }) => pid), before);
    assertEquals(Deno.readTextFileSync(`${host.folder}/server.pid`), `${server.pid}\n`);
    host.write({ "main.ts": pidApp });
    Deno.kill(before[0]!, "SIGKILL");
    await server.logged(/died \(SIGKILL\)/);
    const after = (await server.ready(2)).map(({ pid }) => pid);
    await server.answeredBy(after.map(String), 20);
    server.kill("SIGUSR2");
    await server.upgraded();
    await server.ready(2);
  },
);

testOnOneTarget(
  "USR2 with a host name, and TERM to the old master while it finishes requests",
  async (host) => {
    const port = freePort();
    const server = host.start({ files: { "main.ts": slowApp("whole") }, args: ["-b", `localhost:${port}`] });
    await server.ready(1);
    const response = fetch(`http://localhost:${port}/?ms=2000`).then((response) => response.text());
    await server.until(
      "the request in flight",
      async () => (await server.status())?.workers[0]?.inFlight === 1,
    );
    const old = server.pid;
    server.kill("SIGUSR2");
    await server.logged(/process \d+ serves: finishing requests in flight/);
    Deno.kill(old, "SIGTERM");
    assertEquals(await response, "whole");
    await server.upgraded();
  },
);

testOnOneTarget("TTIN and USR1 to the old master during an upgrade reach the new one", async (host) => {
  const log = `${host.folder}/access.log`;
  const booting = `${host.folder}/booting`;
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--access-logfile", log] });
  await server.ready(1);
  const slowly = `Deno.writeTextFileSync(${JSON.stringify(booting)}, "");
await new Promise((resolve) => setTimeout(resolve, 1000));
`;
  host.write({ "main.ts": slowly + pidApp });
  server.kill("SIGUSR2");
  await server.until(
    "a worker that has opened its log",
    () => Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name === "booting"),
  );
  Deno.renameSync(log, `${log}.1`);
  server.kill("SIGTTIN");
  server.kill("SIGUSR1");
  await server.upgraded();
  const workers = await server.ready(2);
  await server.until("the workers' new log", () => workers.every(({ pid }) => openFiles(pid).includes(log)));
  const before = Deno.readTextFileSync(log).length;
  await server.text("/after");
  await server.until("a line in the new file", () => /after/.test(Deno.readTextFileSync(log).slice(before)));
});

testOnOneTarget("an upgrade is abandoned when the old master has no workers left", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  const [worker] = await server.ready(1);
  host.write({ "main.ts": "await new Promise(() => setInterval(() => {}, 1000));\n" + pidApp });
  server.kill("SIGUSR2");
  const [, pid] = await server.logged(/upgrade: process (\d+) starts/);
  await server.until("the phase", async () => (await server.status())?.phase === "upgrading");
  host.write({ "main.ts": pidApp });
  Deno.kill(worker!.pid, "SIGKILL");
  await server.logged(
    new RegExp(`upgrade failed.*process ${pid} was killed: no worker of this master is left`),
  );
  const [next] = await server.ready(1);
  assertEquals(await server.text(), String(next!.pid));
});

testOnOneTarget("TERM during an upgrade stops both masters", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  host.write({ "main.ts": "await new Promise(() => setInterval(() => {}, 1000));\n" + pidApp });
  server.kill("SIGUSR2");
  const [, pid] = await server.logged(/upgrade: process (\d+) starts/);
  await server.until("the phase", async () => (await server.status())?.phase === "upgrading");
  server.kill("SIGHUP");
  await server.logged(/reload: waiting for the upgrade in progress/);
  server.kill("SIGTERM");
  assertEquals(await server.exited, { code: 0, signal: null });
  await server.until("the end of the new master", () => !isRunning(Number(pid)));
  await server.until("nothing left", () => server.leftovers().length === 0);
});

testOnOneTarget("if the new master is killed while it starts, the old one keeps serving", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  host.write({ "main.ts": "await new Promise(() => setInterval(() => {}, 1000));\n" + pidApp });
  server.kill("SIGUSR2");
  const [, pid] = await server.logged(/upgrade: process (\d+) starts/);
  Deno.kill(Number(pid), "SIGKILL");
  await server.logged(/upgrade failed, this master keeps serving: process \d+ ended \(SIGKILL\)/);
  assertEquals((await server.ready(2)).map(({ pid }) => pid), before);
  await server.answeredBy(before.map(String), 20);
});

testOnOneTarget("USR2 while a reload runs begins when the reload is done", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("one") }, args: ["-w", "2"] });
  await server.ready(2);
  host.write({ "main.ts": slowApp("two") });
  server.kill("SIGHUP");
  await server.logged(/reload: reading settings/);
  server.kill("SIGUSR2");
  await server.logged(/2 workers of generation 2 ready[^]*upgrade: process \d+ starts/);
  await server.upgraded();
  await server.ready(2);
  assertEquals(await server.text(), "two");
});

testOnOneTarget("an upgrade runs the executable that replaced the old one by rename", async (host) => {
  const [program, ...rest] = host.target.command as [string, ...string[]];
  if (rest.length > 0) {
    console.log("skipped from source: the executable is Deno, which is not replaced");
    return;
  }
  const copy = `${host.folder}/denicorn`;
  Deno.copyFileSync(program, copy);
  const server = host.start({ files: { "main.ts": pidApp }, command: [copy] });
  await server.ready(1);
  Deno.copyFileSync(program, `${copy}.new`);
  Deno.renameSync(`${copy}.new`, copy);
  const { ino } = Deno.statSync(copy);
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(1);
  assertEquals(Deno.statSync(`/proc/${server.pid}/exe`).ino, ino);
});

testOnOneTarget("a custom control socket moves to the new master", async (host) => {
  const socket = `${host.folder}/ctl.sock`;
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--control-socket", socket] });
  await server.logged(/1 worker of generation 1 ready/);
  const old = server.pid;
  server.kill("SIGUSR2");
  await server.logged(new RegExp(`process ${old} is gone: the upgrade is complete`));
  const status = await server.until("the new master's socket", async () => {
    const { code, stdout } = await host.run(["ctl", "--socket", socket, "status", "--json"]);
    return code === 0 && JSON.parse(stdout);
  });
  assert(status.pid !== old);
  Deno.kill(status.pid, "SIGTERM");
  await server.until("the end of the new master", () => !isRunning(status.pid));
  assertEquals(server.leftovers(), []);
});

/** Responds with `text`. Its workers boot only when the file `go` exists, and create a file while they wait. */
const waitingApp = (text: string) => `
Deno.writeTextFileSync("waiting-" + Deno.pid, "");
while (!exists("go")) await new Promise((resolve) => setTimeout(resolve, 10));
export default { fetch: () => new Response(${JSON.stringify(text)}) };
function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
`;

/** How many workers of `waitingApp` are waiting. */
function countWaiting(folder: string): number {
  return Array.from(Deno.readDirSync(folder)).filter(({ name }) => name.startsWith("waiting-")).length;
}

testOnOneTarget("the old master is killed while the new one starts: no request is lost", async (host) => {
  const server = host.start({
    files: { "main.ts": slowApp("old") },
    args: ["-w", "2", "--pid", "server.pid"],
  });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  host.write({ "main.ts": waitingApp("new") });
  const old = server.pid;
  server.kill("SIGUSR2");
  await server.until("a booting worker of the new master", () => countWaiting(host.folder) > 0);
  const responses: string[] = [];
  let isDone = false;
  const load = (async () => {
    while (!isDone) responses.push(await server.text().catch((error) => String(error.cause ?? error)));
  })();
  server.kill("SIGKILL");
  await server.logged(/process \d+ died during the upgrade/);
  const from = responses.length;
  await server.until("50 more responses", () => responses.length > from + 50);
  host.write({ go: "" });
  await server.upgraded();
  await server.ready(2);
  assertEquals(await server.text(), "new");
  isDone = true;
  await load;
  assertEquals(responses.join().replace(/^(old,)+(new,?)+$/, ""), "");
  assert(before.every((pid) => !isRunning(pid)));
  assertEquals(Deno.readTextFileSync(`${host.folder}/server.pid`), `${server.pid}\n`);
  assert(server.pid !== old);
  server.kill("SIGTERM");
  await server.until("nothing left", () => server.leftovers().length === 0);
});

testOnOneTarget("an old worker that dies after its master gets no connections", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const [first, second] = (await server.ready(2)).map(({ pid }) => pid);
  host.write({ "main.ts": waitingApp("new") });
  server.kill("SIGUSR2");
  await server.until("a booting worker of the new master", () => countWaiting(host.folder) > 0);
  server.kill("SIGKILL");
  await server.logged(/process \d+ died during the upgrade/);
  Deno.kill(first!, "SIGKILL");
  await server.logged(/worker process \d+ of the old master is gone/);
  await server.answeredBy([String(second)], 20);
  host.write({ go: "" });
  await server.upgraded();
  await server.ready(2);
  assertEquals(await server.text(), "new");
});

testOnOneTarget("both masters are killed during an upgrade: all workers end", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const workers = (await server.ready(2)).map(({ pid }) => pid);
  host.write({ "main.ts": waitingApp("new") });
  server.kill("SIGUSR2");
  const [, pid] = await server.logged(/upgrade: process (\d+) starts/);
  await server.until("a booting worker of the new master", () => countWaiting(host.folder) > 0);
  server.kill("SIGKILL");
  await server.logged(/process \d+ died during the upgrade/);
  Deno.kill(Number(pid), "SIGKILL");
  await server.until("the end of all workers", () => workers.every((pid) => !isRunning(pid)));
});

testOnOneTarget("the old master is killed before the new one has requested its listeners", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp, "denicorn.config.ts": "export default {};\n" },
    args: ["-w", "2", "--pid", "server.pid"],
  });
  await server.ready(2);
  host.write({
    "denicorn.config.ts": `
Deno.writeTextFileSync("waiting-config", "");
for (;;) {
  try {
    Deno.statSync("go");
    break;
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
export default {};
`,
  });
  server.kill("SIGUSR2");
  await server.until("the new master to read its settings", () => countWaiting(host.folder) > 0);
  server.kill("SIGKILL");
  host.write({ go: "" });
  await server.upgraded();
  const after = (await server.ready(2)).map(({ pid }) => pid);
  await server.answeredBy(after.map(String), 20);
  assertEquals(Deno.readTextFileSync(`${host.folder}/server.pid`), `${server.pid}\n`);
});

testOnOneTarget(
  "workers of a failed upgrade that still listen do not mix up the listen order of the old master",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
    const [first] = await server.ready(2);
    // One worker boots, the others never do.
    host.write({
      "main.ts":
        `try { Deno.mkdirSync("first"); } catch { await new Promise(() => setInterval(() => {}, 1000)); }\n` +
        pidApp,
    });
    const from = server.stderr.length;
    server.kill("SIGUSR2");
    const [, successor] = await server.logged(/upgrade: process (\d+) starts/);
    const [, stray] = await server.logged(/pid=(\d+)  ready after/, from);
    Deno.kill(Number(stray), "SIGSTOP");
    Deno.kill(first!.pid, "SIGKILL");
    await server.logged(/died \(SIGKILL\)/, from);
    Deno.kill(Number(successor), "SIGKILL");
    host.write({ "main.ts": pidApp });
    await server.until("the old master to wait or to replace its worker", async () => {
      const workers = (await server.status())?.workers ?? [];
      return /workers of the failed upgrade that still listen/.test(server.stderr) ||
        workers.filter(({ state }) => state === "ready").length === 2;
    });
    Deno.kill(Number(stray), "SIGCONT");
    await server.until("the end of the stray worker", () => !isRunning(Number(stray)));
    const workers = await server.ready(2);
    await server.answeredBy(workers.map(({ pid }) => String(pid)), 40);
    for (const { pid } of workers) {
      Deno.kill(pid, "SIGSTOP");
      await server.until(
        "the stall",
        async () => (await server.status())?.workers.some((worker) => worker.isStalled),
      );
      const others = workers.filter((worker) => worker.pid !== pid).map((worker) => String(worker.pid));
      await server.answeredBy(others, 10);
      Deno.kill(pid, "SIGCONT");
      await server.until(
        "the end of the stall",
        async () => (await server.status())?.workers.every((worker) => !worker.isStalled),
      );
    }
  },
);

testOnOneTarget("HUP during an upgrade reloads the master that serves at its end", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("one") } });
  await server.ready(1);
  for (const [end, text] of [["fails", "three"], ["succeeds", "five"]] as const) {
    for (const { name } of Deno.readDirSync(host.folder)) {
      if (name.startsWith("waiting-")) Deno.removeSync(`${host.folder}/${name}`);
    }
    host.write({ "main.ts": waitingApp("never seen") });
    const from = server.stderr.length;
    server.kill("SIGUSR2");
    const [, successor] = await server.logged(/upgrade: process (\d+) starts/, from);
    await server.until("a booting worker of the new master", () => countWaiting(host.folder) > 0);
    host.write({ "main.ts": slowApp(text) });
    server.kill("SIGHUP");
    await server.logged(/reload: waiting for the upgrade in progress/, from);
    if (end === "fails") Deno.kill(Number(successor), "SIGKILL");
    else host.write({ go: "" });
    await server.until(`the app ${text}`, async () => await server.text() === text);
  }
  await server.upgraded();
  await server.ready(1);
});

testOnOneTarget("HUP to the new master before the takeover, and to the old one after it", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("one") } });
  await server.ready(1);
  const old = server.pid;
  const response = server.text("/?ms=3000");
  await server.until(
    "the request in flight",
    async () => (await server.status())?.workers[0]?.inFlight === 1,
  );
  host.write({ "main.ts": waitingApp("never seen") });
  server.kill("SIGUSR2");
  const [, successor] = await server.logged(/upgrade: process (\d+) starts/);
  await server.until("a booting worker of the new master", () => countWaiting(host.folder) > 0);
  host.write({ "main.ts": slowApp("two") });
  Deno.kill(Number(successor), "SIGHUP");
  await server.logged(/reload: waiting for the upgrade in progress/);
  host.write({ go: "" });
  await server.until("the app two", async () => await server.text() === "two");
  host.write({ "main.ts": slowApp("three") });
  Deno.kill(old, "SIGHUP");
  await server.logged(new RegExp(`reload: passed on to process ${successor}`));
  await server.until("the app three", async () => await server.text() === "three");
  assertEquals(await response, "one");
  await server.upgraded();
});

testOnOneTarget(
  "an upgrade does not wait for a crash loop to end, because it may fix it",
  async (host) => {
    const dying = `try { Deno.mkdirSync("first"); } catch { Deno.exit(1); }\n`;
    const server = host.start({ files: { "main.ts": dying + slowApp("old") } });
    await server.ready(1);
    server.kill("SIGTTIN");
    await server.logged(/replacing it in \d\d+ ms/);
    host.write({ "main.ts": slowApp("new") });
    server.kill("SIGUSR2");
    await server.upgraded();
    await server.ready(2);
    assertEquals(await server.text(), "new");
  },
);

testOnOneTarget("an upgrade that cannot begin yet logs what it waits for", async (host) => {
  const waitingIfNotFirst = `try { Deno.mkdirSync("first"); } catch { ${
    waitingApp("").split("export")[0]
  } }\n`;
  const exists =
    `function exists(path: string) { try { return Deno.statSync(path).isFile; } catch { return false; } }`;
  const server = host.start({ files: { "main.ts": waitingIfNotFirst + pidApp + exists } });
  await server.ready(1);
  server.kill("SIGTTIN");
  await server.until("a booting worker", () => countWaiting(host.folder) > 0);
  const { code, stdout } = await host.run(["ctl", "--socket", host.controlSocket, "upgrade"]);
  assertEquals([code, stdout], [0, "upgrade accepted: it begins when the booting worker is ready\n"]);
  await server.logged(/upgrade: waiting until the booting worker is ready/);
  host.write({ go: "" });
  await server.upgraded();
  await server.ready(2);
});

testOnOneTarget("an upgrade keeps the number of workers that was requested", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp } });
  await server.ready(1);
  server.kill("SIGTTIN");
  await server.ready(2);
  for (let upgrade = 1; upgrade <= 2; upgrade++) {
    server.kill("SIGUSR2");
    await server.upgraded();
    await server.ready(2);
  }
  // Another number in the settings counts more.
  host.write({ "denicorn.config.ts": "export default { workers: 3 };\n" });
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(3);
});
