/** Hooks of the config file that run in workers: when they are called, and what follows when they fail. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { called, calls, hookProcesses, printing } from "./hook_configs.ts";
import { freePort, testOnOneTarget } from "./harness.ts";
import { otherUserTest } from "./other_user.ts";

const app = `export default (request: Request) => {
  if (request.url.endsWith("/throws")) throw new Error("of the app");
  return request.url.endsWith("/waits") ? Promise.resolve(new Response("late", { status: 201 })) : new Response("ok");
};\n`;
const files = { "main.ts": app };

testOnOneTarget("a worker calls its hooks when it has loaded the app, and at its end", async (host) => {
  const config = printing(["postWorkerInit", "workerExit", "workerInt", "workerAbort"]);
  const server = host.start({ files: { ...files, "denicorn.config.ts": config } });
  const [worker] = await server.ready(1);
  assertEquals(hookProcesses(server.pid), []);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  const about = { slot: 0, role: "requests", generation: 1, pid: worker!.pid };
  assertEquals(called(server.stdout), [["postWorkerInit", about], ["workerExit", about]]);
  assertEquals(server.leftovers(), []);
});

testOnOneTarget("SIGINT, SIGQUIT and SIGABRT of a worker call its hooks before it ends", async (host) => {
  const config = printing(["workerExit", "workerInt", "workerAbort"]);
  const server = host.start({ files: { ...files, "denicorn.config.ts": config } });
  const ended = async (signal: Deno.Signal) => {
    const from = server.stderr.length;
    const [worker] = await server.ready(1);
    Deno.kill(worker!.pid, signal);
    await server.until("another worker", async () => {
      const status = await server.status();
      const next = status?.workers.find(({ pid }) => pid !== worker!.pid);
      return status?.workers.length === 1 && next?.state === "ready";
    });
    return server.stderr.slice(from);
  };
  await ended("SIGINT");
  await ended("SIGQUIT");
  assertMatch(await ended("SIGABRT"), /died \(exit code 134\)/);
  const names = (await calls(server, 5)).map(([name]) => name);
  assertEquals(names, ["workerInt", "workerExit", "workerInt", "workerExit", "workerAbort"]);
});

testOnOneTarget("a worker whose hooks for SIGINT take long gets no new requests meanwhile", async (host) => {
  const config = `export default {
  workers: 1,
  hookTimeout: "60s",
  workerInt(worker) { console.log("hook", "int", JSON.stringify([worker.pid])); return new Promise(() => {}); },
};\n`;
  const app = `export default () => new Response(String(Deno.pid));\n`;
  const server = host.start({ files: { "main.ts": app, "denicorn.config.js": config } });
  const [worker] = await server.ready(1);
  Deno.kill(worker!.pid, "SIGINT");
  await calls(server, 1);
  await server.until("another worker answers", async () => Number(await server.text()) !== worker!.pid);
  for (let request = 0; request < 20; request++) assert(Number(await server.text()) !== worker!.pid);
  // The second one waits for nothing.
  Deno.kill(worker!.pid, "SIGINT");
  await server.until("its end", async () => (await server.status())?.workers.length === 1);
});

testOnOneTarget("postWorkerInit has to be done before boot-timeout is over", async (host) => {
  const config = `export default { bootTimeout: "2s", postWorkerInit: () => new Promise(() => {}) };\n`;
  const server = host.start({ files: { ...files, "denicorn.config.js": config } });
  assertEquals((await server.exit()).code, 3);
  assertMatch(
    server.stderr,
    /hook postWorkerInit of denicorn\.config\.js was not done until boot-timeout was over: look for a promise/,
  );
});

testOnOneTarget("postWorkerInit that fails refuses a start, and a reload", async (host) => {
  const bad = `export default { postWorkerInit() { throw new Error("no database"); } };\n`;
  const server = host.start({ files: { ...files, "denicorn.config.ts": "export default {};\n" } });
  await server.ready(1);
  host.write({ "denicorn.config.ts": bad });
  const { code, stderr } = await host.run(["main.ts", "--bind", `127.0.0.1:${freePort()}`]);
  assertEquals(code, 3);
  assertMatch(stderr, /hook postWorkerInit of denicorn\.config\.ts threw Error: no database/);
  server.kill("SIGHUP");
  await server.logged(
    /reload failed, generation 1 keeps serving: hook postWorkerInit of denicorn\.config\.ts threw Error: no database/,
  );
  assertEquals(await server.text(), "ok");
});

testOnOneTarget("preRequest and postRequest stand around each request of the app", async (host) => {
  const config = `export default {
  hookTimeout: "500ms",
  preRequest(worker, request, info) {
    const { pathname } = new URL(request.url);
    if (pathname === "/refused") throw new Error("no entry");
    if (pathname === "/late") return new Promise(() => {});
    if (pathname === "/later") return new Promise((resolve) => setTimeout(resolve, 5));
    if (worker.slot !== 0 || info.remoteAddr.transport !== "tcp") throw new Error("no info");
  },
  async postRequest(worker, request, info, { response, status, ms }) {
    const { pathname } = new URL(request.url);
    console.log("hook", "post", JSON.stringify([pathname, status, response?.status ?? null, ms >= 0]));
    if (pathname === "/bad") throw new Error("after");
  },
};\n`;
  const server = host.start({ files: { ...files, "denicorn.config.js": config } });
  await server.ready(1);
  const statuses: Record<string, number> = {};
  for (const path of ["/", "/waits", "/throws", "/refused", "/late", "/later", "/bad"]) {
    const response = await server.fetch(path);
    await response.body?.cancel();
    statuses[path] = response.status;
  }
  assertEquals(statuses, {
    ...{ "/": 200, "/waits": 201, "/throws": 500, "/refused": 500, "/late": 500, "/later": 200, "/bad": 200 },
  });
  await server.logged(/GET \/bad: hook postRequest of denicorn\.config\.js threw Error: after/);
  await server.logged(/GET \/refused: hook preRequest of denicorn\.config\.js threw Error: no entry/);
  await server.logged(/GET \/late: hook preRequest of denicorn\.config\.js was not done after 500ms/);
  await server.logged(/GET \/throws: the app threw/);
  assertEquals(await calls(server, 5), [
    ["post", "/", 200, 200, true],
    ["post", "/waits", 201, 201, true],
    ["post", "/throws", 500, null, true],
    ["post", "/later", 200, 200, true],
    ["post", "/bad", 200, 200, true],
  ]);
});

testOnOneTarget("a worker does not end before postRequest is done", async (host) => {
  const config = `export default {
  async postRequest() {
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log("hook", "post", "[]");
  },
};\n`;
  const server = host.start({ files: { ...files, "denicorn.config.ts": config } });
  await server.ready(1);
  assertEquals(await server.text(), "ok");
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(called(server.stdout), [["post"]]);
});

testOnOneTarget("an app of node:http has no hooks for requests, and a line says so", async (host) => {
  const program = `import { createServer } from "node:http";
createServer((_, response) => response.end("node")).listen(3000);\n`;
  const server = host.start({
    files: { "main.mjs": program, "denicorn.config.ts": printing(["preRequest", "postWorkerInit"]) },
    app: "main.mjs",
  });
  await server.logged(
    /the hooks for requests are not called \(preRequest\), because the app is one of node:http/,
  );
  await server.ready(1);
  assertEquals(await server.text(), "node");
  assertEquals((await calls(server, 1)).map(([name]) => name), ["postWorkerInit"]);
});

testOnOneTarget("workers that are threads have hooks, each its own", async (host) => {
  const server = host.start({
    files: { ...files, "denicorn.config.ts": printing(["postWorkerInit", "workerExit", "postSpawn"]) },
    args: ["--worker-class", "threads", "--threads", "2"],
  });
  await server.ready(2);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  const slots = (name: string) =>
    called(server.stdout).filter(([called]) => called === name)
      .map(([, worker]) => (worker as { slot: number }).slot).sort();
  for (const name of ["postSpawn", "postWorkerInit", "workerExit"]) assertEquals(slots(name), [0, 1]);
});

testOnOneTarget("the module of the hooks is imported before the app", async (host) => {
  const server = host.start({
    files: {
      "main.ts": `export default () => new Response(String(globalThis.before));\n`,
      "denicorn.config.ts": `globalThis.before = "set";\nexport default { workerExit() {} };\n`,
    },
  });
  await server.ready(1);
  assertEquals(await server.text(), "set");
});

otherUserTest("hooks of workers run as their user, those of the master as its own", async (host) => {
  const config = `export default {
  whenReady() { console.log("hook", "ready", JSON.stringify([Deno.uid()])); },
  postWorkerInit() { console.log("hook", "init", JSON.stringify([Deno.uid()])); },
};\n`;
  const server = host.start({
    files: { ...files, "denicorn.config.js": config },
    args: ["--user", "nobody"],
  });
  await server.ready(1);
  assertEquals((await calls(server, 2)).sort(), [["init", 65534], ["ready", 0]]);
});
