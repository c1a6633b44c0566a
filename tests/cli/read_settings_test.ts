import { enterDirectory } from "../../src/cli/enter_directory.ts";
import { createSettingsReader } from "../../src/cli/read_settings.ts";
import { DenicornError } from "../../src/core/errors.ts";
import { parseCommandLine } from "../../src/settings/command_line.ts";
import { createSystem } from "../../src/system/deno_system.ts";
import type { System } from "../../src/system/system.ts";
import { assert, assertEquals, assertMatch, assertRejects } from "../assert.ts";

/** Two releases, and the link `current`, which leads to the first. */
class Releases {
  readonly folder = Deno.realPathSync(Deno.makeTempDirSync({ prefix: "denicorn-releases-" }));
  readonly entered: string[] = [];

  constructor() {
    for (const name of ["r1", "r2"]) {
      Deno.mkdirSync(`${this.folder}/${name}/sub`, { recursive: true });
      this.write(`${name}/denicorn.config.json`, { workers: name === "r1" ? 11 : 12 });
    }
    Deno.symlinkSync("r1", `${this.folder}/current`);
  }

  write(path: string, config: Readonly<Record<string, unknown>>): void {
    Deno.writeTextFileSync(`${this.folder}/${path}`, JSON.stringify(config));
  }

  switch(): void {
    Deno.removeSync(`${this.folder}/current`);
    Deno.symlinkSync("r2", `${this.folder}/current`);
    Deno.removeSync(`${this.folder}/r1`, { recursive: true });
  }

  /** Started in `cwd` with `$PWD`. */
  reader(args: readonly string[], cwd: string, pwd: string | undefined = cwd) {
    const host: System["host"] = {
      ...createSystem().host,
      env: (name) => name === "PWD" ? pwd : undefined,
      environment: () => ({}),
      cwd: () => Deno.realPathSync(cwd),
      chdir: (path) => void this.entered.push(path),
    };
    const system = { ...createSystem(), host };
    const line = parseCommandLine([...args, "main.ts"], { takesSettings: true, options: [] });
    const read = createSettingsReader(system, line, () => this.folder);
    return async () => enterDirectory(system, await read());
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("settings, config file and directory are those that the link leads to when they are read", async () => {
  for (const args of [[], ["--chdir", "../current"], ["--chdir", "sub"], ["-c", "denicorn.config.json"]]) {
    using releases = new Releases();
    const { folder } = releases;
    const read = releases.reader(args, `${folder}/current`);
    const inside = args.includes("sub") ? "/sub" : "";
    const first = await read();
    assertEquals([first.settings.workers, first.directory], [11, `${folder}/r1${inside}`]);
    releases.switch();
    const second = await read();
    assertEquals([second.settings.workers, second.directory], [12, `${folder}/r2${inside}`]);
    assertEquals(releases.entered, [first.directory, second.directory]);
  }
});

Deno.test("an absolute chdir is enough, even if the directory of the start is gone", async () => {
  using releases = new Releases();
  const { folder } = releases;
  // Without $PWD only the directory itself is known, and not the link that led there.
  const read = releases.reader(["--chdir", `${folder}/current`], `${folder}/current`, "");
  assertEquals((await read()).settings.workers, 11);
  releases.switch();
  assertEquals((await read()).settings.workers, 12);
});

Deno.test("without $PWD, or with one that leads elsewhere, the system's path of the directory counts", async () => {
  for (const pwd of ["", "/", "relative", "/nonexistent"]) {
    using releases = new Releases();
    const { folder } = releases;
    const read = releases.reader(["--pid", "server.pid"], `${folder}/current`, pwd);
    assertEquals((await read()).settings.pid, `${folder}/r1/server.pid`);
    releases.switch();
    const error = await assertRejects(() => read(), DenicornError);
    assertEquals(error.code, "chdir");
    assertMatch(
      error.message,
      /^cannot use the working directory: \S+\/r1 \(No such file.*\): create it again, or /,
    );
  }
});

Deno.test("files of the server keep the links in their paths, and the app does not", async () => {
  using releases = new Releases();
  const { folder } = releases;
  const args = [
    "--pid",
    "run/p",
    "--error-logfile",
    "log/e",
    "--access-logfile",
    "-",
    "--control-socket",
    "c.sock",
  ];
  const { settings } = await releases.reader(args, `${folder}/current`)();
  const { pid, errorLogfile, accessLogfile, controlSocket, app } = settings;
  assertEquals([pid, errorLogfile], [`${folder}/current/run/p`, `${folder}/current/log/e`]);
  assertEquals([accessLogfile, controlSocket, app], ["-", `${folder}/current/c.sock`, "main.ts"]);

  releases.write("r1/denicorn.config.json", { chdir: "sub", adminTokenFile: "token" });
  const inside = (await releases.reader([], `${folder}/current`)()).settings;
  assertEquals(inside.adminTokenFile, `${folder}/current/sub/token`);
});

Deno.test("an absolute path of the app through the link leads to the release that was entered", async () => {
  using releases = new Releases();
  const { folder } = releases;
  const host = createSystem().host;
  assert(host.cwd() !== folder);
  const system = {
    ...createSystem(),
    host: { ...host, env: () => undefined, environment: () => ({}), cwd: () => folder, chdir: () => {} },
  };
  const line = parseCommandLine(["--chdir", "current", `${folder}/current/sub/a.ts`], {
    takesSettings: true,
    options: [],
  });
  const { settings } = enterDirectory(system, await createSettingsReader(system, line, () => folder)());
  assertEquals(settings.app, `${folder}/r1/sub/a.ts`);
});

Deno.test("a socket in a deep directory keeps its relative path, which alone fits", async () => {
  using releases = new Releases();
  const deep = `${releases.folder}/${"d".repeat(100)}`;
  Deno.mkdirSync(deep);
  const { settings } = await releases.reader(["--control-socket", "c.sock", "--pid", "p"], deep)();
  assertEquals([settings.controlSocket, settings.pid], ["c.sock", `${deep}/p`]);
});

Deno.test("a config file is looked for in chdir, and then where the server was started", async () => {
  using releases = new Releases();
  const { folder } = releases;
  releases.write("other.json", { workers: 21 });
  const workers = async (...args: string[]) => (await releases.reader(args, folder)()).settings.workers;
  assertEquals(await workers("--chdir", "current", "-c", "other.json"), 21);
  releases.write("r1/other.json", { workers: 22 });
  assertEquals(await workers("--chdir", "current", "-c", "other.json"), 22);
  assertEquals(await workers("--chdir", "current"), 11);
  assertEquals(await workers("--chdir", "current/sub"), 1);
  releases.write("denicorn.config.json", { workers: 23 });
  assertEquals(await workers("--chdir", "current/sub"), 23);
  const missing = await assertRejects(
    () => workers("-c", "missing.json", "--chdir", "current"),
    DenicornError,
  );
  assertEquals(
    missing.message,
    "config: missing.json (command line --config) does not exist: give the path of a .ts, .js or .json file",
  );
  const gone = await assertRejects(() => workers("--chdir", "gone"), DenicornError);
  assertMatch(
    gone.message,
    /^chdir: gone \(command line --chdir\) cannot be entered \(No such file.*\): give a /,
  );
});

Deno.test("what is refused together is not refused before the config file is read", async () => {
  using releases = new Releases();
  const { folder } = releases;
  releases.write("r1/denicorn.config.json", { adminTokenFile: "token" });
  const { settings } = await releases.reader(["--admin-bind", "0.0.0.0:9000"], `${folder}/current`)();
  assertEquals(settings.adminTokenFile, `${folder}/current/token`);
});
