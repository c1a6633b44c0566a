import { assert, assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

/** `/spin` blocks the event loop for ever. */
const spinningApp = `
export default (request: Request): Response => {
  if (new URL(request.url).pathname === "/spin") for (;;);
  return new Response(String(Deno.pid));
};\n`;

integrationTest(
  "after a kill -9 of the master a worker with a blocked event loop is gone within timeout",
  async (host) => {
    const server = host.start({ files: { "main.ts": spinningApp }, args: ["--timeout", "3"] });
    const [worker] = await server.ready(1);
    const cut = server.text("/spin").catch(() => "cut");
    await inFlight(server);
    server.kill("SIGKILL");
    const start = performance.now();
    await server.until("the end of the worker", () => !isRunning(worker!.pid));
    assertEquals(await cut, "cut");
    const took = performance.now() - start;
    assert(took < 8_000, `${took} ms`);
  },
);

integrationTest("an app that blocks its boot does not outlive a killed master", async (host) => {
  const app = `
console.error("blocking as", Deno.pid, "now");
for (;;);
export default () => new Response();\n`;
  const server = host.start({ files: { "main.ts": app }, args: ["--boot-timeout", "3"] });
  const [, pid] = await server.logged(/blocking as (\d+) now/);
  server.kill("SIGKILL");
  await server.until("the end of the worker", () => !isRunning(Number(pid)));
  await server.exit();
});

integrationTest("processes that were all frozen for longer than timeout serve on", async (host) => {
  const server = host.start({ files: { "main.ts": spinningApp }, args: ["-w", "2", "--timeout", "4"] });
  const before = (await server.ready(2)).map(({ pid }) => pid);
  server.kill("SIGSTOP");
  before.forEach((pid) => Deno.kill(pid, "SIGSTOP"));
  const later = performance.now() + 5_300;
  await server.until("time to pass", () => performance.now() > later);
  before.forEach((pid) => Deno.kill(pid, "SIGCONT"));
  server.kill("SIGCONT");
  assertEquals((await server.ready(2)).map(({ pid }) => pid), before, server.stderr);
  assert(before.includes(Number(await server.text())));
});

integrationTest(
  "a worker that blocks while its master is stopped dies of that, and the log says so",
  async (host) => {
    const server = host.start({ files: { "main.ts": spinningApp }, args: ["--timeout", "3"] });
    const [worker] = await server.ready(1);
    const cut = server.text("/spin").catch(() => "cut");
    await inFlight(server);
    server.kill("SIGSTOP");
    assertEquals(await cut, "cut");
    server.kill("SIGCONT");
    await server.logged(
      new RegExp(
        `pid=${
          worker!.pid
        }  died \\(SIGALRM: its event loop was blocked for longer than allowed\\), busy with GET`,
      ),
    );
    await server.ready(1);
  },
);

function inFlight(server: Server): Promise<unknown> {
  return server.until("the request in flight", async () => {
    return (await server.status())?.workers.some((worker) => worker.inFlight === 1);
  });
}
