/** Reloads while a FIFO or a device stands in the place of a file of the app. */

import { assertEquals, assertMatch } from "../assert.ts";
import { integrationTest } from "./harness.ts";

const app = `export default () => new Response("served");`;
const importing = (from: string, type?: string) =>
  `import "${from}"${type === undefined ? "" : ` with { type: "${type}" }`};\n${app}`;

/** The main module, and the file that is something else. */
const cases: readonly (readonly [main: string, file: string])[] = [
  [importing("./lib.ts"), "lib.ts"],
  [importing("./data.json", "json"), "data.json"],
  [importing("./data.txt", "text"), "data.txt"],
  [importing("./add.wasm"), "add.wasm"],
  [app, "deno.json"],
  [app, "tsconfig.json"],
  [app, "denicorn.config.ts"],
];

integrationTest(
  "a source or config file that is a FIFO or a device: the reload fails at once",
  async (host) => {
    const server = host.start({ files: { "main.ts": app }, args: [] });
    const [worker] = await server.ready(1);
    for (const [main, file] of cases) {
      const path = `${host.folder}/${file}`;
      for (const kind of ["fifo", "device"]) {
        host.write({ "main.ts": main });
        if (kind === "device") Deno.symlinkSync("/dev/zero", path);
        else assertEquals(new Deno.Command("mkfifo", { args: [path] }).outputSync().code, 0);
        const from = server.stderr.length;
        server.kill("SIGHUP");
        const line = await server.logged(/reload failed[^\n]*/, from);
        assertMatch(`${line}`, /not a regular file/, `${file}: ${kind}`);
        assertEquals(await server.text(), "served");
        Deno.removeSync(path);
      }
    }
    assertEquals((await server.ready(1))[0]!.pid, worker!.pid);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assertEquals(server.leftovers(), []);
  },
);

integrationTest("a build that hangs holds nothing up, and ends with a new reload", async (host) => {
  const server = host.start({ files: { "main.ts": app }, args: [] });
  const [worker] = await server.ready(1);
  // esbuild looks for a package.json beside each file that is imported, and reads it without a look at its kind.
  host.write({ "main.ts": importing("./lib/part.ts"), "lib/part.ts": "export {};" });
  const path = `${host.folder}/lib/package.json`;
  assertEquals(new Deno.Command("mkfifo", { args: [path] }).outputSync().code, 0);
  server.kill("SIGHUP");
  await server.until("a build that hangs", () => hasHangingChild(server.pid) || undefined);
  assertEquals(await server.text(), "served");
  Deno.removeSync(path);
  host.write({ "main.ts": `export default () => new Response("reloaded");` });
  server.kill("SIGHUP");
  await server.logged(/reload: generation \d+ serves[^\n]*|worker of generation [23] ready[^\n]*/);
  assertEquals(await server.text(), "reloaded");
  assertEquals((await server.ready(1))[0]!.pid === worker!.pid, false);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(server.leftovers(), []);
});

/** Whether a child of `pid` waits for a process that writes to a FIFO, as the kernel names it in `wchan`. */
function hasHangingChild(pid: number): boolean {
  const { stdout } = new Deno.Command("pgrep", { args: ["-P", `${pid}`] }).outputSync();
  return new TextDecoder().decode(stdout).split("\n").filter(Boolean).some((child) => {
    try {
      return Array.from(Deno.readDirSync(`/proc/${child}/task`))
        .some(({ name }) =>
          Deno.readTextFileSync(`/proc/${child}/task/${name}/wchan`) === "wait_for_partner"
        );
    } catch {
      // It has just ended.
      return false;
    }
  });
}
