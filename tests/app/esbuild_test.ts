/** esbuild as a process: when it lives, what it sees, and where its executable comes from. */

import { embeddedEsbuild, executableCopy } from "../../src/app/esbuild_executable.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import type { System } from "../../src/system/system.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";
import { Scene } from "./scene.ts";

const system = createSystem();

/** The esbuild processes that this one started and that still run. */
function children(): string[] {
  const names = [...Deno.readDirSync("/proc")].map(({ name }) => name).filter((name) => /^\d+$/.test(name));
  return names.filter((pid) => {
    try {
      const [, parent] = /^PPid:\s*(\d+)$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`)) ?? [];
      const isEsbuild = Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("--service=");
      return parent === String(Deno.pid) && isEsbuild;
    } catch {
      // It ended meanwhile.
      return false;
    }
  });
}

async function untilNone(): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (children().length > 0 && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done, 5));
  }
  assertEquals(children(), []);
}

const app = (text: string) => `export default () => new Response("${text}");`;

Deno.test("builds one after the other and at the same time, each leaves no process", async () => {
  using first = new Scene({ "main.ts": app("first") });
  using second = new Scene({ "main.ts": app("second") });
  const build = first.bundle();
  const deadline = performance.now() + 10_000;
  while (children().length === 0 && performance.now() < deadline) {
    await new Promise((done) => setTimeout(done));
  }
  await build;
  await untilNone();
  const failing = assertRejects(() => second.bundle("main.ts:no"));
  const [one, two] = await Promise.all([first.bundle(), second.bundle(), failing]);
  await untilNone();
  assertEquals([one.inputs, two.inputs], [1, 1]);
  assertEquals([await first.answer(), await second.answer()], ["first", "second"]);
});

Deno.test("a bundle is built anew from what the files say now", async () => {
  using scene = new Scene({ "main.ts": app("old") });
  assertEquals(await scene.answer(), "old");
  scene.write({ "main.ts": app("new") });
  assertEquals(await scene.answer(), "new");
});

Deno.test("what a bundle reports", async () => {
  using scene = new Scene({
    "main.ts": `import "./a.ts";\nexport const app = () => {};`,
    "a.ts": "export const x = (y: number) => y === -0;",
  });
  const { exports, inputs, durationMs, warnings, outfile } = await scene.bundle("main.ts:app");
  assertEquals({ exports, inputs, warnings: warnings.length, outfile }, {
    exports: ["app"],
    inputs: 2,
    warnings: 1,
    outfile: `${scene.runtimeDirectory}/app.mjs`,
  });
  assertMatch(warnings[0] ?? "", /\/a\.ts:1:39: Comparison with -0/);
  assert(durationMs > 0);
});

Deno.test("esbuild starts after the directory that Denicorn was started in is gone", async () => {
  using scene = new Scene({ "main.ts": app("here") });
  const gone = `${scene.folder}/gone`;
  Deno.mkdirSync(gone);
  const program = `
    import { bundleApp } from "./src/app/bundle.ts";
    import { createSystem } from "./src/system/deno_system.ts";
    Deno.chdir("${gone}");
    const options = { entry: "${scene.folder}/main.ts", exportName: "default", outfile: "${scene.folder}/out.mjs", runtimeDirectory: "${scene.folder}" };
    await bundleApp(createSystem(), options);
    Deno.removeSync("${gone}");
    const { inputs } = await bundleApp(createSystem(), options);
    console.log(inputs, Deno.env.get("ESBUILD_BINARY_PATH"), process.env.ESBUILD_BINARY_PATH);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--cached-only", program],
    cwd: new URL("../../", import.meta.url).pathname,
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "1 undefined undefined\n", new TextDecoder().decode(stderr));
});

Deno.test("the executable lies where the npm packages are", async () => {
  const { path, version } = embeddedEsbuild();
  const { stdout } = await new Deno.Command(path, { args: ["--version"] }).output();
  assertEquals(new TextDecoder().decode(stdout).trim(), version);
});

/** The real files, seen by a user with this environment. */
function systemWith(environment: Readonly<Record<string, string>>): System {
  return { ...system, host: { ...system.host, uid: Deno.uid(), env: (name) => environment[name] } };
}

const program = `#!/bin/sh\necho works`;

async function run(path: string): Promise<string> {
  return new TextDecoder().decode((await new Deno.Command(path).output()).stdout).trim();
}

Deno.test("the executable is copied once into the user's cache", async () => {
  using scene = new Scene({ "embedded": program, "cache/x": "" });
  const user = systemWith({ HOME: scene.folder });
  const embedded = { path: `${scene.folder}/embedded`, version: "1.2.3" };
  const path = await executableCopy(user, embedded, scene.runtimeDirectory);
  assertEquals(path, `${scene.folder}/.cache/denicorn/esbuild-1.2.3-${program.length}/esbuild`);
  assertEquals(await run(path), "works");
  const { ino, mode } = Deno.statSync(path);
  assertEquals((mode ?? 0) & 0o777, 0o700);
  assertEquals(await executableCopy(user, embedded, scene.runtimeDirectory), path);
  assertEquals(Deno.statSync(path).ino, ino);
  assertEquals([...Deno.readDirSync(path.replace(/\/esbuild$/, ""))].map(({ name }) => name), ["esbuild"]);
});

Deno.test("a copy that is damaged, or that others could have written, is replaced", async () => {
  using scene = new Scene({ "embedded": program });
  const user = systemWith({ XDG_CACHE_HOME: scene.folder });
  const embedded = { path: `${scene.folder}/embedded`, version: "1.2.3" };
  const path = await executableCopy(user, embedded, scene.runtimeDirectory);
  Deno.writeTextFileSync(path, "#!/bin/sh");
  assertEquals(await run(await executableCopy(user, embedded, scene.runtimeDirectory)), "works");
  Deno.writeTextFileSync(path, program.replace("works", "wrong"));
  Deno.chmodSync(path, 0o777);
  assertEquals(await run(await executableCopy(user, embedded, scene.runtimeDirectory)), "works");
});

Deno.test("without a cache that can be trusted it is copied into the runtime directory", async () => {
  using scene = new Scene({ "embedded": program, "file": "", "open/denicorn/esbuild-1.2.3-20/x": "" });
  const embedded = { path: `${scene.folder}/embedded`, version: "1.2.3" };
  Deno.chmodSync(`${scene.folder}/open/denicorn/esbuild-1.2.3-20`, 0o777);
  const expected = `${scene.runtimeDirectory}/esbuild-1.2.3-20/esbuild`;
  for (const cache of [`${scene.folder}/file`, `${scene.folder}/open`, "relative"]) {
    const path = await executableCopy(
      systemWith({ XDG_CACHE_HOME: cache }),
      embedded,
      scene.runtimeDirectory,
    );
    assertEquals([path, await run(path)], [expected, "works"]);
  }
  assertEquals(await executableCopy(systemWith({}), embedded, scene.runtimeDirectory), expected);
});

Deno.test("a binary without esbuild says so", async () => {
  using scene = new Scene({});
  const embedded = { path: "/nothing/esbuild", version: "1" };
  const error = await assertRejects(
    () => executableCopy(systemWith({}), embedded, scene.runtimeDirectory),
    Error,
  );
  assertEquals(
    error.message,
    "cannot bundle the app: /nothing/esbuild: this build of Denicorn lacks esbuild",
  );
});
