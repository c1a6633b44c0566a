/** The packages for npm, by what is written into their folders. */

import { renderDeclarations } from "../../src/cli/declarations.ts";
import { packageName, writeCommandPackage, writeTargetPackage } from "../../scripts/npm_packages.ts";
import { targets } from "../../scripts/target.ts";
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

const manifest = (folder: string) => JSON.parse(Deno.readTextFileSync(`${folder}/package.json`));

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

Deno.test("only the packages with an executable are for certain machines: the command says elsewhere what is missing", async () => {
  await withFolder(async (folder) => {
    await writeCommandPackage(folder, "1.2.3");
    const { os, cpu, libc, optionalDependencies } = manifest(folder);
    assertEquals({ os, cpu, libc }, { os: undefined, cpu: undefined, libc: undefined });
    assertEquals(
      optionalDependencies,
      Object.fromEntries(targets.map((target) => [packageName(target), "1.2.3"])),
    );
  });
  for (const target of targets) {
    await withFolder(async (folder) => {
      await writeTargetPackage(folder, target, "1.2.3", command, "");
      const { os, cpu, libc, preferUnplugged } = manifest(folder);
      assertEquals({ os, libc }, { os: ["linux"], libc: ["glibc"] });
      assertEquals(`linux-${cpu}`, target);
      assertEquals(preferUnplugged, undefined);
    });
  }
});

Deno.test("the package of npm has the types of the module denicorn, also beside what denicorn types wrote", async () => {
  await withFolder(async (folder) => {
    await writeCommandPackage(`${folder}/node_modules/denicorn`, "1.2.3");
    const files = {
      "package.json": `{ "dependencies": { "denicorn": "file:denicorn-1.2.3.tgz" } }`,
      "own.d.ts": renderDeclarations(),
      "app.ts": `import { context, defineConfig, type Tasks } from "denicorn";
export const tasks = { send: (to: string) => to } satisfies Tasks;
export const slot: number = context().slot;
// @ts-expect-error: it is a number.
export const name: string = context().slot;
// @ts-expect-error: there is no such setting.
defineConfig({ wokers: 1 });
`,
      "both.ts": `/// <reference path="./own.d.ts" />\nexport * from "./app.ts";\n`,
    };
    for (const [name, text] of Object.entries(files)) Deno.writeTextFileSync(`${folder}/${name}`, text);
    for (const name of ["app.ts", "both.ts"]) {
      const options = { args: ["check", name], cwd: folder, env: { NO_COLOR: "1" } };
      const { code, stderr } = await new Deno.Command(Deno.execPath(), options).output();
      assertEquals(code, 0, new TextDecoder().decode(stderr));
    }
  });
});
