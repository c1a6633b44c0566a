/** The packages for npm, by what is written into their folders. */

import { assertEquals } from "../assert.ts";

const command = new URL("../../scripts/npm/denicorn.sh", import.meta.url).pathname;

/** Calls `use` with a new folder. */
async function withFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = Deno.makeTempDirSync({ prefix: "denicorn-test-" });
  try {
    await use(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

/** The executables that the command looks for, in their order, when it is the file `path`. */
async function lookedFor(path: string): Promise<string[]> {
  let programs: string[] = [];
  await withFolder(async (folder) => {
    const tools = { readlink: `echo '${path}'`, uname: "echo Linux x86_64" };
    for (const [name, line] of Object.entries(tools)) {
      Deno.writeTextFileSync(`${folder}/${name}`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    }
    const PATH = `${folder}:${Deno.env.get("PATH")}`;
    const { code, stderr } = await new Deno.Command("sh", { args: ["-x", command], env: { PATH } }).output();
    assertEquals(code, 1);
    const trace = new TextDecoder().decode(stderr).matchAll(/ -x (\/\S*\/denicorn)\b/g);
    programs = Array.from(trace, ([, program]) => program!);
  });
  return programs;
}

Deno.test("the command of npm looks for its executable in each folder above it, also in the root", async () => {
  const below = "node_modules/denicorn-linux-x64/bin/denicorn";
  assertEquals(await lookedFor("/denicorn"), [`/${below}`]);
  assertEquals(await lookedFor("/node_modules/denicorn/bin/denicorn"), [
    `/node_modules/denicorn/bin/${below}`,
    `/node_modules/denicorn/${below}`,
    `/node_modules/${below}`,
    `/${below}`,
  ]);
});
