/** Hooks of the config file that run in the hook process: when they are called, and what follows when they fail. */

import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const files = { "main.ts": `export default () => new Response(String(Deno.pid));\n` };

/** A config file in which the hooks named print their names and what they get; `more` are other properties. */
export function printing(names: readonly string[], more = ""): string {
  const hooks = names.map((name) =>
    `${name}: (...values: unknown[]) => console.log("hook", "${name}", JSON.stringify(values)),`
  );
  return `import { defineConfig } from "denicorn";\nexport default defineConfig({ ${more} ${
    hooks.join("\n")
  } });\n`;
}

/** What the hooks have printed, in their order. */
function called(stdout: string): [name: string, ...values: unknown[]][] {
  return [...stdout.matchAll(/^hook (\w+) (.*)$/gm)].map((
    [, name, values],
  ) => [name!, ...JSON.parse(values!)]);
}

const all = [
  ...["onStarting", "whenReady", "preSpawn", "postSpawn", "childExit", "nworkersChanged"],
  ...["onReload", "preUpgrade", "onExit"],
];

integrationTest(
  "the hooks of the master are called, each with plain values, and onExit last",
  async (host) => {
    const server = host.start({
      files: { ...files, "denicorn.config.ts": printing(all, "workers: 2,") },
    });
    const workers = await server.ready(2);
    await server.until("whenReady", () => server.stdout.includes("hook whenReady"));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    const calls = called(server.stdout);
    const about = { pid: server.pid, generation: 1, app: "main.ts", workers: 2 };
    assertEquals(calls.slice(0, 2), [["onStarting", about], ["nworkersChanged", 2, null, about]]);
    assertEquals(calls.at(-1), ["onExit", about]);
    const of = (name: string) =>
      calls.filter(([called]) => called === name).map(([, ...values]) => values as object[]);
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

integrationTest("a worker that is killed is one of childExit, and the next one of preSpawn", async (host) => {
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
  const calls = called(server.stdout);
  assertEquals(calls.map(([name]) => name).sort(), ["childExit", "preSpawn", "preSpawn"]);
  const [, , exit] = calls.find(([name]) => name === "childExit")!;
  assertEquals(exit, { code: 137, signal: "SIGKILL", isExpected: false, text: "died (SIGKILL)" });
});
