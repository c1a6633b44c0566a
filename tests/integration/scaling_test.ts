import { assertEquals, assertMatch } from "../assert.ts";
import { slowApp } from "./apps.ts";
import { integrationTest } from "./harness.ts";
import type { Server } from "./server.ts";

/** Clients that ask again and again, each time on a connection of its own; `stop` gives what failed. */
function ask(server: Server, clients: number): { stop(): Promise<string[]>; readonly answers: number } {
  const failures: string[] = [];
  const progress = { answers: 0, isOver: false };
  const client = async () => {
    while (!progress.isOver) {
      try {
        const text = await server.text("/?ms=200");
        if (text !== "whole") failures.push(text);
        progress.answers++;
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, client));
  return {
    get answers() {
      return progress.answers;
    },
    async stop() {
      progress.isOver = true;
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

integrationTest(
  "load brings workers up to max-workers, calm takes them away, no request fails",
  async (scene) => {
    const server = scene.start({ files: { "main.ts": slowApp("whole") }, args: flags });
    await server.ready(1);
    const load = ask(server, 60);
    await server.ready(4);
    assertMatch(server.stderr, /workers: 1 -> 2: .*\(1 ready, .* in flight, .* waiting, .* busy, /);
    // Few enough for two workers: two go while there is still work.
    const less = ask(server, 12);
    assertEquals(await load.stop(), []);
    await server.ready(2);
    const before = less.answers;
    await server.until("answers", () => less.answers > before + 24);
    assertEquals(await less.stop(), []);
    await server.ready(1);
    assertMatch(server.stderr, /workers: 2 -> 1: below scale-down-busy 30 %/);
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
    assertEquals(server.leftovers(), []);
  },
);

integrationTest("TTIN and TTOU keep to the bounds, and a reload brings others", async (scene) => {
  const config = (max: number) =>
    `export default { minWorkers: 2, maxWorkers: ${max}, idleTimeout: "1h" };\n`;
  const files = { "main.ts": slowApp("whole"), "denicorn.config.ts": config(3) };
  const server = scene.start({ files });
  await server.ready(2);
  server.kill("SIGTTOU");
  await server.logged(/1 worker requested, the allowed range is 2 to 3/);
  server.kill("SIGTTIN");
  await server.ready(3);
  server.kill("SIGTTIN");
  await server.logged(/4 workers requested, the allowed range is 2 to 3/);
  scene.write({ "denicorn.config.ts": config(2) });
  server.kill("SIGHUP");
  await server.ready(2, 2);
});

integrationTest("a fixed number and a range together are refused before anything starts", async (scene) => {
  scene.write({ "main.ts": slowApp("whole") });
  const { code, stderr } = await scene.run(["main.ts", "-w", "2", "--max-workers", "4"]);
  assertEquals(code, 2);
  assertMatch(stderr, /workers: 2 \(command line --workers\) is not accepted with max-workers = 4/);
});

integrationTest("an upgrade begins with as many workers as there were", async (scene) => {
  const server = scene.start({
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

integrationTest("memory-budget holds growth, says so, and takes nothing away", async (scene) => {
  // No worker takes as little as this.
  const args = [...flags, "--memory-budget", "16M"];
  const server = scene.start({ files: { "main.ts": slowApp("whole") }, args });
  await server.ready(1);
  const load = ask(server, 60);
  await server.until("answers", () => load.answers > 600);
  assertEquals(await load.stop(), []);
  assertMatch(server.stderr, /warning .*not scaling beyond 1 worker: .* but 1 by memory-budget \(1 ready/);
  assertEquals((await server.status())?.totals.scalings, { up: 0, down: 0 });
  server.kill("SIGTTIN");
  await server.ready(2);
});

integrationTest(
  "without steering the same load brings workers, seen in the kernel's tables",
  async (scene) => {
    const args = [...flags, "--steering", "off"];
    const server = scene.start({ files: { "main.ts": slowApp("whole") }, args });
    await server.ready(1);
    const load = ask(server, 60);
    await server.ready(4);
    await load.stop();
    await server.ready(1);
  },
);

integrationTest("ctl scale --wait has its way for the idle timeout, within the bounds", async (scene) => {
  const args = ["--max-workers", "3", "--idle-timeout", "2s"];
  const server = scene.start({ files: { "main.ts": slowApp("whole") }, args });
  await server.ready(1);
  const scale = (to: string) => scene.run(["ctl", "--socket", scene.controlSocket, "scale", to, "--wait"]);
  assertEquals(await scale("3"), { code: 0, stdout: "scale done: 3 workers are ready\n", stderr: "" });
  const beyond = await scale("4");
  assertEquals([beyond.code, beyond.stdout], [1, ""]);
  assertMatch(beyond.stderr, /cannot scale from [23] to 4 workers: max-workers allows at most 3/);
  await server.ready(1);
  assertMatch(server.stderr, /workers: 1 -> 3 \(requested\)/);
  assertMatch(server.stderr, /workers: 3 -> 2: below scale-down-busy/);
});
