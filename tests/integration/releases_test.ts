/** Releases side by side, of which a link names the current one, as Capistrano lays them out. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { type StartOptions, type TestHost, testOnOneTarget } from "./harness.ts";
import type { Server } from "./server.ts";

/** Answers with the text of its release, its working directory and `$PWD`, and its process id. */
const app = (release: string) => `
import { text } from "./text.ts";
const cwd = () => {
  try {
    return Deno.cwd();
  } catch {
    return "removed";
  }
};
export default {
  fetch: () =>
    Response.json([text, Deno.env.get("RELEASE") ?? "${release}", "${release}", cwd(), Deno.env.get("PWD"), Deno.pid]),
};\n`;

/** Writes the release `name`; its files name it, so that a mixture of two is noticed. */
function release(host: TestHost, name: string, files: Readonly<Record<string, string>> = {}): void {
  const all = { "main.ts": app(name), "text.ts": `export const text = "${name}";\n`, ...files };
  host.write(
    Object.fromEntries(Object.entries(all).map(([file, text]) => [`releases/${name}/${file}`, text])),
  );
}

/** Makes `current` lead to the release `name` in one step. */
function makeCurrent(host: TestHost, name: string): void {
  Deno.symlinkSync(`releases/${name}`, `${host.folder}/current.new`);
  Deno.renameSync(`${host.folder}/current.new`, `${host.folder}/current`);
}

function prune(host: TestHost, name: string): void {
  Deno.removeSync(`${host.folder}/releases/${name}`, { recursive: true });
}

function start(host: TestHost, options: Partial<StartOptions> = {}): Server {
  return host.start({ files: {}, cwd: `${host.folder}/current`, ...options });
}

/** What a new connection is answered with. */
async function answer(server: Server) {
  const [text, config, name, cwd, pwd, pid] = await (await server.fetch()).json();
  assertEquals([text, config], [name, name], "a mixture of two releases");
  return { name, cwd, pwd, pid };
}

async function killWorker(server: Server): Promise<void> {
  const from = server.stderr.length;
  Deno.kill((await answer(server)).pid, "SIGKILL");
  await server.logged(/died \(SIGKILL\)/, from);
}

function exists(host: TestHost, name: string): boolean {
  try {
    return Deno.statSync(`${host.folder}/${name}`).isFile;
  } catch {
    return false;
  }
}

/** The directory of the release `name`, as its app sees it. */
function real(host: TestHost, name: string): string {
  return `${Deno.realPathSync(host.folder)}/releases/${name}`;
}

testOnOneTarget(
  "a worker that dies after its release was removed is replaced, again and again",
  async (host) => {
    release(host, "r1");
    makeCurrent(host, "r1");
    const server = start(host);
    await server.ready(1);
    const { cwd } = await answer(server);
    assertEquals(cwd, real(host, "r1"));
    release(host, "r2");
    makeCurrent(host, "r2");
    prune(host, "r1");
    for (let death = 0; death < 3; death++) {
      await killWorker(server);
      await server.ready(1);
      // Its bundle is still there; the directory is not, and that of another release would be a mixture.
      const { name, cwd, pwd } = await answer(server);
      assertEquals({ name, cwd, pwd }, { name: "r1", cwd: "/", pwd: "/" });
    }
    assertMatch(
      server.stderr,
      /cannot enter the working directory of generation 1: \S+\/r1 \(.*: its new workers run in \//,
    );
    server.kill("SIGTERM");
    assertEquals(await server.exit(), { code: 0, signal: null });
  },
);

for (const how of ["$PWD", "--chdir"] as const) {
  const options = (host: TestHost) =>
    how === "$PWD" ? {} : { cwd: host.folder, args: ["--chdir", `${host.folder}/current`] };

  testOnOneTarget(`HUP serves the release that the link leads to by then, found by ${how}`, async (host) => {
    release(host, "r1");
    makeCurrent(host, "r1");
    const server = start(host, options(host));
    await server.ready(1, 1);
    for (const [index, name] of ["r2", "r3"].entries()) {
      release(host, name);
      makeCurrent(host, name);
      prune(host, `r${index + 1}`);
      server.kill("SIGHUP");
      await server.ready(1, index + 2);
      const { pid: _, ...found } = await answer(server);
      assertEquals(found, { name, cwd: real(host, name), pwd: real(host, name) });
      await killWorker(server);
      await server.ready(1, index + 2);
      assertEquals((await answer(server)).cwd, real(host, name));
    }
  });

  testOnOneTarget(`USR2 serves the release that the link leads to by then, found by ${how}`, async (host) => {
    release(host, "r1");
    makeCurrent(host, "r1");
    const server = start(host, options(host));
    await server.ready(1);
    for (const [index, name] of ["r2", "r3"].entries()) {
      release(host, name);
      makeCurrent(host, name);
      prune(host, `r${index + 1}`);
      server.kill("SIGUSR2");
      await server.upgraded();
      await server.ready(1);
      const { pid: _, ...found } = await answer(server);
      assertEquals(found, { name, cwd: real(host, name), pwd: real(host, name) });
    }
    release(host, "r4");
    makeCurrent(host, "r4");
    server.kill("SIGHUP");
    await server.ready(1, 2);
    assertEquals((await answer(server)).name, "r4");
  });
}

testOnOneTarget(
  "a release that cannot be served leaves the old one serving, in its own directory",
  async (host) => {
    release(host, "r1", { "denicorn.config.ts": `export default { env: { RELEASE: "r1" } };\n` });
    makeCurrent(host, "r1");
    const server = start(host, { args: ["-w", "2"] });
    await server.ready(2);
    const broken: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      "its app throws": { "main.ts": "throw new Error('no');\n" },
      "its app cannot be bundled": { "main.ts": "import './missing.ts';\n" },
      "its config file throws": { "denicorn.config.ts": "throw new Error('no');\n" },
      "its app is missing": { "main.ts": "" },
    };
    for (const [index, files] of Object.values(broken).entries()) {
      const name = `bad${index}`;
      release(host, name, files);
      if (files["main.ts"] === "") Deno.removeSync(`${host.folder}/releases/${name}/main.ts`);
      makeCurrent(host, name);
      const from = server.stderr.length;
      server.kill("SIGHUP");
      await server.logged(/reload failed, generation 1 keeps serving/, from);
      await server.ready(2);
      // The next worker runs in the directory of its own release, although the link leads elsewhere.
      await killWorker(server);
      await server.ready(2);
      for (let request = 0; request < 6; request++) {
        const { name, cwd } = await answer(server);
        assertEquals({ name, cwd }, { name: "r1", cwd: real(host, "r1") });
      }
    }
    Deno.removeSync(`${host.folder}/current`);
    const from = server.stderr.length;
    server.kill("SIGHUP");
    await server.logged(
      /reload failed, generation 1 keeps serving: cannot use the working directory: \S+\/current \(/,
      from,
    );
    server.kill("SIGUSR2");
    await server.logged(/upgrade failed, this master keeps serving: .*\/current/, from);
    assertEquals((await answer(server)).name, "r1");
    release(host, "r2");
    makeCurrent(host, "r2");
    server.kill("SIGHUP");
    await server.until("the good release", async () => (await answer(server)).name === "r2");
  },
);

testOnOneTarget(
  "relative paths of config, pidfile, logs and app follow the link",
  async (host) => {
    const config = (name: string) => ({
      "conf/server.ts": `export default { env: { RELEASE: "${name}" } };\n`,
    });
    release(host, "r1", { ...config("r1"), "log/.keep": "" });
    makeCurrent(host, "r1");
    const server = start(host, {
      args: [
        ...["--config", "conf/server.ts", "--pid", "server.pid"],
        ...["--access-logfile", "log/access.log", "--error-logfile", "log/error.log"],
      ],
    });
    const read = (path: string) => Deno.readTextFileSync(`${host.folder}/${path}`);
    await server.ready(1);
    assertEquals(read("current/server.pid"), `${server.pid}\n`);
    await answer(server);
    release(host, "r2", { ...config("r2"), "log/.keep": "" });
    makeCurrent(host, "r2");
    prune(host, "r1");
    server.kill("SIGUSR1");
    await server.until("the log where the link leads", () => exists(host, "releases/r2/log/error.log"));
    const { pid } = await answer(server);
    Deno.kill(pid, "SIGKILL");
    await server.until("the replacement", async () => (await server.ready(1))[0]!.pid !== pid);
    assertMatch(read("current/log/error.log"), /died \(SIGKILL\)/);
    server.kill("SIGHUP");
    await server.ready(1, 2);
    assertEquals((await answer(server)).name, "r2");
    await server.until("the line of the request", () => read("current/log/access.log").includes("GET /"));
    assertMatch(read("current/log/error.log"), /generation 2 ready/);
    await server.until("the pidfile", () => exists(host, "releases/r2/server.pid"));
    assertEquals(read("current/server.pid"), `${server.pid}\n`);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assert(!exists(host, "releases/r2/server.pid"));
    const left = Array.from(Deno.readDirSync("/"), ({ name }) => name);
    assert(!left.includes("log") && !left.includes("server.pid"), left.join(" "));
  },
);

testOnOneTarget(
  "a worker is replaced although the directory of its logs is gone, and the log says so",
  async (host) => {
    release(host, "r1", { "log/.keep": "" });
    makeCurrent(host, "r1");
    const server = start(host, {
      args: ["--access-logfile", "log/access.log", "--error-logfile", "log/error.log"],
    });
    await server.ready(1);
    release(host, "r2");
    makeCurrent(host, "r2");
    prune(host, "r1");
    for (let death = 0; death < 2; death++) {
      const { pid } = await answer(server);
      Deno.kill(pid, "SIGKILL");
      await server.until("the replacement", async () => (await server.ready(1))[0]!.pid !== pid);
    }
    assertEquals((await answer(server)).name, "r1");
    await server.logged(
      /cannot open access-logfile: \S+\/current\/log\/access\.log \(.*its lines wait/,
    );
    Deno.mkdirSync(`${host.folder}/releases/r2/log`);
    await server.until("the log is written again", async () => {
      await answer(server);
      return exists(host, "releases/r2/log/access.log");
    });
  },
);

testOnOneTarget("a log that cannot be opened still fails the start", async (host) => {
  release(host, "r1");
  makeCurrent(host, "r1");
  const server = start(host, { args: ["--access-logfile", "log/access.log"] });
  assertEquals((await server.exit()).code, 2);
  assertMatch(server.stderr, /cannot open access-logfile: \S+\/current\/log\/access\.log/);
});
