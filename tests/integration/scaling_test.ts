import { assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

/** Clients that send requests in a loop, each on a new connection. `stop` returns the failures. */
function startLoad(
  server: Server,
  clients: number,
): { stop(): Promise<string[]>; readonly responses: number } {
  const failures: string[] = [];
  const progress = { responses: 0, isStopped: false };
  const client = async () => {
    while (!progress.isStopped) {
      try {
        const text = await server.text("/?ms=200");
        if (text !== "whole") failures.push(text);
        progress.responses++;
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    get responses() {
      return progress.responses;
    },
    async stop() {
      progress.isStopped = true;
      await all;
      return failures;
    },
  };
}

const flags = [
  "--min-workers",
  "1",
  "--max-workers",
  "4",
  "--target-concurrency",
  "10",
  "--idle-timeout",
  "1s",
];

testOnOneTarget(
  "workers are added under load up to max-workers and removed when it ends, and no request fails",
  async (host) => {
    const server = host.start({ files: { "main.ts": slowApp("whole") }, args: flags });
    await server.ready(1);
    const load = startLoad(server, 60);
    await server.ready(4);
    assertMatch(server.stderr, /workers: 1 -> 2: .*\(1 ready, .* in flight, .* waiting, .* busy, /);
    // Little enough for two workers, so two are removed while there is still load.
    const lighter = startLoad(server, 12);
    assertEquals(await load.stop(), []);
    await server.ready(2);
    const before = lighter.responses;
    await server.until("responses", () => lighter.responses > before + 24);
    assertEquals(await lighter.stop(), []);
    await server.ready(1);
    assertMatch(server.stderr, /workers: 2 -> 1: less than scale-down-busy 30 % busy, and 1 worker would/);
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
  },
);

testOnOneTarget("TTIN and TTOU stay within the bounds, and a reload changes the bounds", async (host) => {
  const config = (max: number) =>
    `export default { minWorkers: 2, maxWorkers: ${max}, idleTimeout: "1h" };\n`;
  const files = { "main.ts": slowApp("whole"), "denicorn.config.ts": config(3) };
  const server = host.start({ files });
  await server.ready(2);
  server.kill("SIGTTOU");
  await server.logged(/1 worker requested, the allowed range is 2 to 3/);
  server.kill("SIGTTIN");
  await server.ready(3);
  server.kill("SIGTTIN");
  await server.logged(/4 workers requested, the allowed range is 2 to 3/);
  host.write({ "denicorn.config.ts": config(2) });
  server.kill("SIGHUP");
  await server.ready(2, 2);
});

testOnOneTarget("a fixed number of workers together with a range is a settings error", async (host) => {
  host.write({ "main.ts": slowApp("whole") });
  const { code, stderr } = await host.run(["main.ts", "-w", "2", "--max-workers", "4"]);
  assertEquals(code, 2);
  assertMatch(stderr, /workers: 2 \(command line --workers\) is not accepted with max-workers = 4/);
});

testOnOneTarget("an upgrade keeps the number of workers", async (host) => {
  const server = host.start({
    files: { "main.ts": slowApp("whole") },
    args: ["--max-workers", "3", "--idle-timeout", "1h"],
  });
  await server.ready(1);
  server.kill("SIGTTIN");
  await server.ready(2);
  server.kill("SIGUSR2");
  await server.upgraded();
  await server.ready(2);
  server.kill("SIGTERM");
  await server.until("the end", () => server.survivors().length === 0);
});

testOnOneTarget("memory-budget limits growth with a warning and removes no workers", async (host) => {
  // Every worker uses more than this.
  const args = [...flags, "--memory-budget", "16M"];
  const server = host.start({ files: { "main.ts": slowApp("whole") }, args });
  await server.ready(1);
  const load = startLoad(server, 60);
  await server.until("responses", () => load.responses > 600);
  assertEquals(await load.stop(), []);
  assertMatch(
    server.stderr,
    /warning .*not scaling beyond 1 worker: .* but limited to 1 by memory-budget \(1 ready/,
  );
  assertEquals((await server.status())?.totals.scalings, { up: 0, down: 0 });
  server.kill("SIGTTIN");
  await server.ready(2);
});

testOnOneTarget(
  "without steering the load is measured in the kernel's tables, and workers are added, too",
  async (host) => {
    const args = [...flags, "--steering", "off"];
    const server = host.start({ files: { "main.ts": slowApp("whole") }, args });
    await server.ready(1);
    const load = startLoad(server, 60);
    await server.ready(4);
    await load.stop();
    await server.ready(1);
  },
);

testOnOneTarget(
  "ctl scale --wait takes effect within the bounds, for at least the idle timeout",
  async (host) => {
    const args = ["--max-workers", "3", "--idle-timeout", "2s"];
    const server = host.start({ files: { "main.ts": slowApp("whole") }, args });
    await server.ready(1);
    const scale = (to: string) => host.run(["ctl", "--socket", host.controlSocket, "scale", to, "--wait"]);
    assertEquals(await scale("3"), { code: 0, stdout: "scale done: 3 workers are ready\n", stderr: "" });
    const beyond = await scale("4");
    assertEquals([beyond.code, beyond.stdout], [1, ""]);
    assertMatch(beyond.stderr, /cannot scale from [123] to 4 workers: max-workers allows at most 3/);
    await server.ready(1);
    assertMatch(server.stderr, /workers: 1 -> 3 \(requested\)/);
    assertMatch(server.stderr, /workers: 3 -> 2: less than scale-down-busy/);
  },
);
