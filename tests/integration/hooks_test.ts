/** Hooks of the config file that run in the hook process: when they are called, and what follows when they fail. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { called, calls, hookProcesses, printing } from "./hook_configs.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

const files = { "main.ts": `export default () => new Response(String(Deno.pid));\n` };

const all = [
  ...["onStarting", "whenReady", "preSpawn", "postSpawn", "childExit", "nworkersChanged"],
  ...["onReload", "preUpgrade", "onExit"],
];

testOnOneTarget(
  "the hooks of the master are called, each with plain values, and onExit last",
  async (host) => {
    const server = host.start({
      files: { ...files, "denicorn.config.ts": printing(all, "workers: 2,") },
    });
    const workers = await server.ready(2);
    await server.until("whenReady", () => server.stdout.includes("hook whenReady"));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    const found = called(server.stdout);
    const about = { pid: server.pid, generation: 1, app: "main.ts", workers: 2 };
    assertEquals(found.slice(0, 2), [["onStarting", about], ["nworkersChanged", 2, null, about]]);
    assertEquals(found.at(-1), ["onExit", about]);
    const of = (name: string) =>
      found.filter(([called]) => called === name).map(([, ...values]) => values as object[]);
    assertEquals(of("whenReady"), [[about]]);
    const bySlot = ([a]: object[], [b]: object[]) =>
      (a as { slot: number }).slot - (b as { slot: number }).slot;
    const place = (slot: number) => ({ slot, role: "requests", generation: 1 });
    assertEquals(of("preSpawn").sort(bySlot), [0, 1].map((slot) => [place(slot), about]));
    const started = workers.map(({ slot, pid }) => ({ ...place(slot), pid }));
    assertEquals(of("postSpawn").sort(bySlot), started.map((worker) => [worker, about]));
    const exit = { code: 0, signal: null, isExpected: true, text: "drained" };
    assertEquals(of("childExit").sort(bySlot), started.map((worker) => [worker, exit, about]));
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget("a worker that is killed is one of childExit, and the next one of preSpawn", async (host) => {
  const server = host.start({
    files: { ...files, "denicorn.config.ts": printing(["preSpawn", "childExit"]) },
  });
  const [worker] = await server.ready(1);
  Deno.kill(worker!.pid, "SIGKILL");
  await server.until("childExit", () => server.stdout.includes("hook childExit"));
  await server.until("another worker", async () => {
    const status = await server.status();
    return status?.workers[0]?.state === "ready" && status.workers[0].pid !== worker!.pid;
  });
  const found = await calls(server, 3);
  assertEquals(found.map(([name]) => name).sort(), ["childExit", "preSpawn", "preSpawn"]);
  const [, , exit] = found.find(([name]) => name === "childExit")!;
  assertEquals(exit, { code: 137, signal: "SIGKILL", isExpected: false, text: "died (SIGKILL)" });
});

testOnOneTarget("without hooks there is no process for them", async (host) => {
  const server = host.start({ files: { ...files, "denicorn.config.ts": printing([]) } });
  await server.ready(1);
  assertEquals(hookProcesses(server.pid), []);
});

testOnOneTarget("onStarting that throws refuses the start, and nothing is left", async (host) => {
  const config = `export default { async onStarting() { await 0; throw new Error("not today"); } };\n`;
  const server = host.start({ files: { ...files, "denicorn.config.ts": config } });
  assertEquals((await server.exit()).code, 3);
  assertMatch(
    server.stderr,
    /^denicorn: hook onStarting of denicorn\.config\.ts threw Error: not today\n *Error: not today\n *at .*denicorn\.config\.ts:1:/,
  );
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("onStarting that never ends refuses the start after hook-timeout", async (host) => {
  for (const body of ["return new Promise(() => {});", "while (true);"]) {
    const config = `export default { hookTimeout: "500ms", onStarting() { ${body} } };\n`;
    const server = host.start({ files: { ...files, "denicorn.config.ts": config } });
    assertEquals((await server.exit()).code, 3);
    assertMatch(
      server.stderr,
      /^denicorn: hook onStarting of denicorn\.config\.ts was not done after 500ms \(hook-timeout\): look for a loop/,
    );
    assertEquals(server.leftovers(), []);
  }
});

testOnOneTarget("a reload applies new hooks, and onReload of the new file can refuse it", async (host) => {
  const config = (version: number, onReload: string) =>
    `export default {
  onReload(server) { console.log("hook", "reload${version}", JSON.stringify([server.generation])); ${onReload} },
  childExit(worker) { console.log("hook", "exit${version}", JSON.stringify([worker.generation])); },
};\n`;
  const server = host.start({ files: { ...files, "denicorn.config.ts": config(1, "") } });
  await server.ready(1, 1);
  const first = hookProcesses(server.pid);
  assertEquals(first.length, 1);

  host.write({ "denicorn.config.ts": config(2, `throw new Error("not now");`) });
  server.kill("SIGHUP");
  await server.logged(
    /reload failed, generation 1 keeps serving: hook onReload of denicorn\.config\.ts threw Error: not now/,
  );
  await server.until("one process", () => hookProcesses(server.pid).length === 1);
  assertEquals(hookProcesses(server.pid), first);

  host.write({ "denicorn.config.ts": config(3, "") });
  server.kill("SIGHUP");
  await server.ready(1, 3);
  await server.until("the old process has ended", () => hookProcesses(server.pid).length === 1);
  assert(!first.some(isRunning));
  // The worker of the first generation has its hook, although the process was replaced.
  assertEquals(await calls(server, 3), [["reload2", 1], ["reload3", 1], ["exit1", 1]]);

  host.write({ "denicorn.config.ts": "export default {};\n" });
  server.kill("SIGHUP");
  await server.ready(1, 4);
  await server.until("no process", () => hookProcesses(server.pid).length === 0);
  assertEquals((await calls(server, 4)).slice(3), [["exit3", 3]]);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("preUpgrade can refuse an upgrade; else the old master ends with onExit", async (host) => {
  const config = (preUpgrade: string) =>
    `export default {
  onStarting({ pid }) { console.log("hook", "starting", JSON.stringify([pid])); },
  whenReady({ pid }) { console.log("hook", "ready", JSON.stringify([pid])); },
  preUpgrade({ pid }) { ${preUpgrade} console.log("hook", "upgrade", JSON.stringify([pid])); },
  onExit({ pid }) { console.log("hook", "exit", JSON.stringify([pid])); },
};\n`;
  const server = host.start({
    files: { ...files, "denicorn.config.ts": config(`throw new Error("keep it");`) },
  });
  await server.ready(1);
  server.kill("SIGUSR2");
  await server.logged(
    /upgrade failed, this master keeps serving: hook preUpgrade of denicorn\.config\.ts threw Error: keep it/,
  );
  host.write({ "denicorn.config.ts": config("") });
  server.kill("SIGHUP");
  await server.ready(1, 2);
  const old = server.pid;
  server.kill("SIGUSR2");
  await server.upgraded();
  const found = await calls(server, 6);
  const next = server.pid;
  const of = (pid: number) => found.filter(([, value]) => value === pid).map(([name]) => name);
  assertEquals(of(old), ["starting", "ready", "upgrade", "exit"]);
  assertEquals(of(next), ["starting", "ready"]);
});

/** Scales to one worker, whose hook has to run after what happened to the others. */
async function scaleToOne(host: TestHost, server: Server): Promise<void> {
  const { code } = await host.run(["ctl", "--socket", host.controlSocket, "scale", "1"]);
  assertEquals(code, 0);
  await server.until("the hook", () => server.stdout.includes("hook changed [1,2]"));
}

const changed =
  `nworkersChanged(count, before) { console.log("hook", "changed", JSON.stringify([count, before])); },`;

testOnOneTarget("a hook that blocks its process is logged, and the server goes on", async (host) => {
  const config =
    `export default { workers: 2, hookTimeout: "1s", preSpawn() { while (true); }, ${changed} };\n`;
  const server = host.start({ files: { ...files, "denicorn.config.js": config } });
  await server.ready(2);
  assertMatch(
    server.stderr,
    /hook preSpawn of denicorn\.config\.js was not done after 1s .*: the worker is started all the same/,
  );
  assertEquals((await calls(server, 1))[0], ["changed", 2, null]);
  await scaleToOne(host, server);
});

testOnOneTarget("a hook that ends its process is logged, and the next one has another", async (host) => {
  const config = `export default { workers: 2, postSpawn() { Deno.exit(7); }, ${changed} };\n`;
  const server = host.start({ files: { ...files, "denicorn.config.js": config } });
  await server.ready(2);
  await server.logged(
    /hook postSpawn of denicorn\.config\.js was not done when its process ended \(exit code 7\): see its output above/,
  );
  await scaleToOne(host, server);
});

testOnOneTarget("an error that nothing catches in the hooks is logged, and ends nothing", async (host) => {
  const config =
    `export default { workers: 2, onStarting() { setTimeout(() => { throw new Error("later"); }, 1); }, ${changed} };\n`;
  const server = host.start({ files: { ...files, "denicorn.config.js": config } });
  await server.logged(/uncaught error in the hooks of denicorn\.config\.js: Error: later/);
  await server.ready(2);
  const [process] = hookProcesses(server.pid);
  await scaleToOne(host, server);
  assertEquals(hookProcesses(server.pid), [process]);
});

testOnOneTarget("the process of hooks ends with a master that is killed", async (host) => {
  const server = host.start({ files: { ...files, "denicorn.config.ts": printing(["onExit"]) } });
  await server.ready(1);
  const found = hookProcesses(server.pid);
  assertEquals(found.length, 1);
  server.kill("SIGKILL");
  await server.until("its end", () => !found.some(isRunning));
  assertEquals(called(server.stdout), []);
});

testOnOneTarget("another signal ends an onExit that takes long", async (host) => {
  const config = `export default {
  hookTimeout: "60s",
  async onExit() { console.log("hook", "begun", "[]"); await new Promise(() => {}); },
};\n`;
  const server = host.start({ files: { ...files, "denicorn.config.ts": config } });
  await server.ready(1);
  server.kill("SIGTERM");
  await calls(server, 1);
  server.kill("SIGINT");
  assertEquals((await server.exit()).code, 0);
  assertMatch(
    server.stderr,
    /hook onExit of denicorn\.config\.ts was not done when its process ended \(SIGKILL\)/,
  );
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("a stop does not wait for a childExit that takes long", async (host) => {
  const config = `export default {
  hookTimeout: "600s",
  childExit() { console.log("hook", "begun", "[]"); return new Promise(() => {}); },
};\n`;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    const server = host.start({ files: { ...files, "denicorn.config.js": config } });
    await server.ready(1);
    server.kill(signal);
    assertEquals((await server.exit()).code, 0);
    assertEquals(called(server.stdout).length, 1);
    assertMatch(
      server.stderr,
      /hook childExit of denicorn\.config\.js was not done when its process ended \(SIGKILL\)/,
    );
    assertEquals(server.leftovers(), []);
  }
});

testOnOneTarget("check, and a start, say what is wrong with hooks", async (host) => {
  const refused = async (config: string) => {
    host.write({ ...files, "denicorn.config.ts": config });
    const { code, stderr } = await host.run(["check", "main.ts"]);
    assertEquals(code, 2);
    return stderr;
  };
  assertEquals(
    await refused("export default { onReloaded() {} };\n"),
    "denicorn: onReloaded (config file denicorn.config.ts) is unknown: did you mean onReload?\n",
  );
  assertEquals(
    await refused("export default { whenReady: true };\n"),
    "denicorn: whenReady: true (config file denicorn.config.ts) is not accepted: give a function: it is a hook\n",
  );
  host.write({ "denicorn.config.ts": printing([...all, "postWorkerInit", "workerExit"]) });
  const { code, stdout } = await host.run(["check", "main.ts"]);
  assertEquals([code, stdout], [0, "main.ts: settings and app are good\n"]);
});
