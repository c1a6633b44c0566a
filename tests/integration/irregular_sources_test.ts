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
