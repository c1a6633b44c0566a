import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp, slowApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";
import { isRunning } from "./server.ts";

testOnOneTarget("a killed worker is replaced at once, and the others keep serving", async (host) => {
  const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2"] });
  const [victim, other] = await server.ready(2);
  Deno.kill(victim!.pid, "SIGKILL");
  await server.logged(new RegExp(`pid=${victim!.pid}  died \\(SIGKILL\\); replacing it now`));
  const pids = (await server.ready(2)).map(({ pid }) => pid);
  assert(pids.includes(other!.pid) && !pids.includes(victim!.pid));
});

testOnOneTarget(
  "after a kill -9 of the master idle workers exit at once and leave nothing behind",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "3"] });
    const workers = await server.ready(3);
    server.kill("SIGKILL");
    await server.until("the end of all workers", () => workers.every(({ pid }) => !isRunning(pid)));
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget("after a kill -9 of the master a request in flight is still answered", async (host) => {
  const server = host.start({ files: { "main.ts": slowApp("whole") }, args: ["-w", "2"] });
  const workers = await server.ready(2);
  const answer = server.text("/?ms=2000");
  await server.until("the request in flight", async () => {
    return (await server.status())?.workers.some((worker) => worker.inFlight === 1);
  });
  server.kill("SIGKILL");
  assertEquals(await answer, "whole");
  await server.until("the end of all workers", () => workers.every(({ pid }) => !isRunning(pid)));
});

testOnOneTarget("a start after a kill -9 of all processes cleans up and serves", async (host) => {
  const first = host.start({ files: { "main.ts": pidApp }, args: ["--pid", "server.pid"] });
  const [worker] = await first.ready(1);
  first.kill("SIGSTOP");
  Deno.kill(worker!.pid, "SIGKILL");
  first.kill("SIGKILL");
  await first.exit();
  assertEquals(Array.from(Deno.readDirSync(host.runtime)).length, 1);

  const second = host.start({ files: {}, args: ["--pid", "server.pid"] });
  await second.ready(1);
  assertMatch(second.stderr, /warning .* replacing pidfile \S+\/server\.pid: process \d+ is gone/);
  await second.until("the end of the old directory", () => {
    return Array.from(Deno.readDirSync(host.runtime)).length === 1;
  });
  second.kill("SIGTERM");
  await second.exit();
  assertEquals([...first.leftovers(), ...second.leftovers()], []);
});

testOnOneTarget(
  "a worker that crashes again and again is restarted with growing delays and one line per second",
  async (host) => {
    // The first worker stays alive; each other one exits as soon as it is ready.
    const app = `
import { mkdirSync } from "node:fs";
try {
  mkdirSync("taken");
} catch {
  setTimeout(() => Deno.exit(7), 20);
}
export default () => new Response("alive");\n`;
    const server = host.start({ files: { "main.ts": app }, args: ["-w", "2"] });
    // How many deaths a line stands for depends on how fast the workers boot.
    await server.logged(/died \(exit code 7\)( \(and \d+ more like it\))?; replacing it in \d{4,} ms/);
    assertEquals(await server.text(), "alive");
    const times = Array.from(
      server.stderr.matchAll(/^(\S+) error .*died/gm),
      ([, time]) => Date.parse(time!),
    );
    // The first deaths are logged one by one, before they count as a crash loop.
    const gaps = times.slice(3).map((time, index) => time - times[index + 2]!);
    assert(gaps.every((gap) => gap >= 990), `${gaps}`);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
);

testOnOneTarget(
  "an uncaught error costs no request: the worker finishes its requests and is replaced",
  async (host) => {
    const app = `
export default async (request: Request): Promise<Response> => {
  const { pathname } = new URL(request.url);
  if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 1500));
  if (pathname === "/boom") {
    setTimeout(() => {
      throw new Error("nobody catches this");
    });
  }
  return new Response(String(Deno.pid));
};\n`;
    const server = host.start({ files: { "main.ts": app } });
    const [worker] = await server.ready(1);
    const slow = server.text("/slow");
    await server.until("the request in flight", async () => {
      return (await server.status())?.workers.some(({ inFlight }) => inFlight === 1);
    });
    await server.text("/boom");
    await server.logged(
      /finishing: uncaught error in the app, with GET \/slow in flight; replacing it now\n\s+Error: nobody catches this\n\s+at .*main\.ts:7:/,
    );
    assertEquals(await slow, String(worker!.pid));
    const [next] = await server.ready(1);
    assert(next!.pid !== worker!.pid);
  },
);

testOnOneTarget("a worker that hangs is killed after timeout and replaced", async (host) => {
  const app = `
export default (request: Request): Response => {
  if (new URL(request.url).pathname === "/hang") for (;;);
  return new Response(String(Deno.pid));
};\n`;
  const server = host.start({ files: { "main.ts": app }, args: ["--timeout", "1"] });
  const [worker] = await server.ready(1);
  const hung = server.text("/hang").catch(() => "cut");
  await server.logged(
    new RegExp(
      `pid=${
        worker!.pid
      }  killed: unresponsive for longer than timeout, busy with GET /hang for \\d+\\.\\d s; replacing it now`,
    ),
  );
  assertEquals(await hung, "cut");
  const [next] = await server.ready(1);
  assertEquals(await server.text(), String(next!.pid));
});

testOnOneTarget("a huge uncaught error costs one worker, not the server", async (host) => {
  const app = `export default (request: Request): Response => {
  if (new URL(request.url).pathname === "/boom") {
    setTimeout(() => {
      throw new Error("v".repeat(1_200_000));
    });
  }
  return new Response(String(Deno.pid));
};\n`;
  const server = host.start({ files: { "main.ts": app } });
  const [first] = await server.ready(1);
  await server.text("/boom");
  await server.logged(/finishing: uncaught error in the app; replacing it now/);
  const [second] = await server.ready(1);
  assert(second!.pid !== first!.pid);
  assertEquals(await server.text(), String(second!.pid));
});

testOnOneTarget(
  "a master that was stopped for longer than timeout kills no worker when it continues",
  async (host) => {
    const server = host.start({ files: { "main.ts": pidApp }, args: ["-w", "2", "--timeout", "1"] });
    const before = (await server.ready(2)).map(({ pid }) => pid);
    server.kill("SIGSTOP");
    const later = performance.now() + 2_500;
    await server.until("time to pass", () => performance.now() > later);
    server.kill("SIGCONT");
    server.kill("SIGUSR1");
    await server.logged(/logs reopened/);
    const muchLater = performance.now() + 1_000;
    await server.until("some ticks", () => performance.now() > muchLater);
    assertEquals((await server.ready(2)).map(({ pid }) => pid), before, server.stderr);
  },
);
