/** esbuild as a process: when it runs, what it sees, and where its executable comes from. */

import { buildInTime } from "../../../src/app/bundle/esbuild.ts";
import { type CarriedEsbuild, executableCopy } from "../../../src/app/bundle/esbuild_executable.ts";
import { DenicornError } from "../../../src/core/errors.ts";
import { createSystem } from "../../../src/system/deno_system.ts";
import type { System } from "../../../src/system/system.ts";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";
import { TestHost } from "../test_host.ts";

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
      // It has ended in the meantime.
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

Deno.test("sequential and simultaneous builds leave no process", async () => {
  using first = new TestHost({ "main.ts": app("first") });
  using second = new TestHost({ "main.ts": app("second") });
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
  assertEquals([one.fileCount, two.fileCount], [1, 1]);
  assertEquals([await first.answer(), await second.answer()], ["first", "second"]);
});

Deno.test("a second bundle has the current content of the files", async () => {
  using host = new TestHost({ "main.ts": app("old") });
  assertEquals(await host.answer(), "old");
  host.write({ "main.ts": app("new") });
  assertEquals(await host.answer(), "new");
});

Deno.test("what a bundle reports", async () => {
  using host = new TestHost({
    "main.ts": `import "./a.ts";\nexport const app = () => {};`,
    "a.ts": "export const x = (y: number) => y === -0;",
  });
  const { exports, fileCount, durationMs, warnings } = await host.bundle("main.ts:app");
  assertEquals({ exports, fileCount, warnings: warnings.length }, {
    exports: ["app"],
    fileCount: 2,
    warnings: 1,
  });
  assertMatch(warnings[0] ?? "", /\/a\.ts:1:39: Comparison with -0/);
  assert(durationMs > 0);
});

Deno.test("esbuild starts even if the directory that Denicorn was started in was removed", async () => {
  using host = new TestHost({ "main.ts": app("here") });
  const gone = `${host.folder}/gone`;
  Deno.mkdirSync(gone);
  const program = `
    import { bundleApp } from "./src/app/bundle/bundle.ts";
    import { createSystem } from "./src/system/deno_system.ts";
    Deno.chdir("${gone}");
    const options = { entry: "${host.folder}/main.ts", exportName: "default", runtimeDirectory: "${host.folder}" };
    await bundleApp(createSystem(), options);
    Deno.removeSync("${gone}");
    const { fileCount } = await bundleApp(createSystem(), options);
    console.log(fileCount, Deno.env.get("ESBUILD_BINARY_PATH"), process.env.ESBUILD_BINARY_PATH);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--cached-only", program],
    cwd: new URL("../../..", import.meta.url).pathname,
  }).output();
  assertEquals(new TextDecoder().decode(stdout), "1 undefined undefined\n", new TextDecoder().decode(stderr));
});

/** The real files, seen by a user with this environment. */
function systemWith(environment: Readonly<Record<string, string>>): System {
  return { ...system, host: { ...system.host, uid: Deno.uid(), env: (name) => environment[name] } };
}

const program = `#!/bin/sh\necho works`;

async function run(path: string): Promise<string> {
  return new TextDecoder().decode((await new Deno.Command(path).output()).stdout).trim();
}

/** A file that carries the program, as a compiled Denicorn does. */
const carrier = `before${program}after`;
const carried: CarriedEsbuild = {
  version: "1.2.3",
  sha256: new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(program))).toHex(),
  offset: "before".length,
  size: program.length,
};
const directory = `esbuild-1.2.3-${carried.sha256.slice(0, 16)}`;

function copy(host: TestHost, environment: Readonly<Record<string, string>>): string {
  return executableCopy(systemWith(environment), `${host.folder}/carrier`, carried, host.runtimeDirectory);
}

Deno.test("the executable is copied once into the user's cache", async () => {
  using host = new TestHost({ carrier, "cache/x": "" });
  const user = { HOME: host.folder };
  const path = copy(host, user);
  assertEquals(path, `${host.folder}/.cache/denicorn/${directory}/esbuild`);
  assertEquals(await run(path), "works");
  const { ino, mode } = Deno.statSync(path);
  assertEquals((mode ?? 0) & 0o777, 0o700);
  assertEquals(copy(host, user), path);
  assertEquals(Deno.statSync(path).ino, ino);
  assertEquals([...Deno.readDirSync(path.replace(/\/esbuild$/, ""))].map(({ name }) => name), ["esbuild"]);
});

Deno.test("a copy that is damaged, or that other users could have written, is replaced", async () => {
  using host = new TestHost({ carrier });
  const user = { XDG_CACHE_HOME: host.folder };
  const path = copy(host, user);
  Deno.writeTextFileSync(path, "#!/bin/sh");
  assertEquals(await run(copy(host, user)), "works");
  Deno.writeTextFileSync(path, program.replace("works", "wrong"));
  Deno.chmodSync(path, 0o777);
  assertEquals(await run(copy(host, user)), "works");
});

Deno.test("without a cache that can be trusted it is copied into the runtime directory", async () => {
  using host = new TestHost({ carrier, "file": "", [`open/denicorn/${directory}/x`]: "" });
  Deno.chmodSync(`${host.folder}/open/denicorn/${directory}`, 0o777);
  const expected = `${host.runtimeDirectory}/${directory}/esbuild`;
  for (const cache of [`${host.folder}/file`, `${host.folder}/open`, "relative"]) {
    const path = copy(host, { XDG_CACHE_HOME: cache });
    assertEquals([path, await run(path)], [expected, "works"]);
  }
  assertEquals(copy(host, {}), expected);
});

Deno.test("only the executable that was built in is copied", () => {
  for (const other of [carrier.replace("works", "wrong"), "before#!"]) {
    using host = new TestHost({ carrier: other });
    const error = assertThrows(() => copy(host, { HOME: host.folder }), Error);
    assertMatch(
      error.message,
      /^cannot bundle the app: .*carrier: does not contain the esbuild it was built with/,
    );
  }
});

Deno.test("where no directory allows programs it is kept in memory", () => {
  using host = new TestHost({ carrier });
  const files = { ...system.files, isExecutable: () => false };
  const noexec = { ...systemWith({ HOME: host.folder }), files };
  const copied = () => executableCopy(noexec, `${host.folder}/carrier`, carried, host.runtimeDirectory);
  if (Deno.build.os === "linux") {
    const path = copied();
    assertMatch(path, /^\/proc\/self\/fd\/\d+$/);
    assertEquals(Deno.readTextFileSync(path), program);
  }
  assertEquals(Array.from(Deno.readDirSync(host.runtimeDirectory)), []);

  files.memoryProgram = () => {
    throw new Error("not here");
  };
  const error = assertThrows(copied, DenicornError);
  assertEquals([error.code, error.exitCode], ["bundler", 2]);
  assertMatch(
    error.message,
    /cannot start esbuild, .*: tried \S+\/\.cache\/denicorn \(mounted noexec\), \S+\/run \(mounted noexec\) and memory \(not here\): set XDG_CACHE_HOME/,
  );
});

/** Builds that never end by themselves, as those of an esbuild that was stopped. */
function hangingEsbuild() {
  const calls: string[] = [];
  const esbuild = {
    build: () => new Promise(() => {}),
    stop: () => Promise.resolve(void calls.push("stop")),
  } as unknown as Parameters<typeof buildInTime>[1];
  const clock = new FakeClock();
  const build = (signal?: AbortSignal) =>
    buildInTime({ ...system, clock }, esbuild, {}, signal).then(() => "built", String);
  return { calls, clock, build };
}

Deno.test("a build that hangs ends after 120 s, with what to look for", async () => {
  const { calls, clock, build } = hangingEsbuild();
  const result = build();
  await clock.advance(119_999);
  assertEquals(calls, []);
  await clock.advance(1);
  assertEquals(calls, ["stop"]);
  assertMatch(await result, /cannot load the app: it was not bundled after 120 s: look for a package.json/);
});

Deno.test("a build that hangs ends at once when it is out of date, and so do others of that process", async () => {
  const { calls, build } = hangingEsbuild();
  const reload = new AbortController();
  const results = [build(reload.signal), build()];
  reload.abort(new Error("out of date"));
  assertEquals(await Promise.all(results), ["Error: out of date", "Error: out of date"]);
  assertEquals(calls, ["stop"]);
  assertEquals(await build(reload.signal), "Error: out of date");
});
