/** The file of the running program is removed, replaced, or was reached by a link that leads elsewhere now. */

import { assert, assertEquals } from "../assert.ts";
import { integrationTest, type TestHost } from "./harness.ts";
import { isRunning, type Server } from "./server.ts";

const app = (text: string) => `export default () => Response.json(["${text}", Deno.pid]);\n`;

/** Puts a copy of the program into the file `name`, in one step. */
function install(host: TestHost, name: string): string {
  const path = `${host.folder}/${name}`;
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.copyFileSync(host.target.command[0]!, `${path}.new`);
  Deno.chmodSync(`${path}.new`, 0o755);
  Deno.renameSync(`${path}.new`, path);
  return Deno.realPathSync(path);
}

function link(host: TestHost, name: string, target: string): void {
  Deno.symlinkSync(target, `${host.folder}/${name}.new`);
  Deno.renameSync(`${host.folder}/${name}.new`, `${host.folder}/${name}`);
}

/** Starts the program as the file `name`, with the links in the path, or as the name that a shell finds in `PATH`. */
function start(host: TestHost, name: string, { found = false } = {}): Server {
  const [, ...rest] = host.target.command;
  const files = { "main.ts": app("one") };
  const path = `${host.folder}/${name}`;
  if (!found) return host.start({ files, command: [path, ...rest] });
  const [directory, file] = [path.slice(0, path.lastIndexOf("/")), path.slice(path.lastIndexOf("/") + 1)];
  const command = ["/bin/sh", "-c", `exec ${file} "$@"`, "sh", ...rest];
  return host.start({ files, command, env: { PATH: `/nonexistent:${directory}:/usr/bin:/bin` } });
}

/** The file that a process was started from, as the system names it now. */
function programOf(pid: number): string {
  return Deno.readLinkSync(`/proc/${pid}/exe`);
}

/** The worker dies and is replaced; returns the process id of its replacement. */
async function replaceWorker(server: Server): Promise<number> {
  const [, pid] = await (await server.fetch()).json();
  Deno.kill(pid, "SIGKILL");
  return await server.until("the replacement", async () => {
    const [worker] = await server.ready(1);
    return worker!.pid !== pid && worker!.pid;
  });
}

async function reload(host: TestHost, server: Server, text: string, generation: number): Promise<void> {
  host.write({ "main.ts": app(text), "denicorn.config.ts": `export default { env: { X: "${text}" } };\n` });
  server.kill("SIGHUP");
  await server.ready(1, generation);
  assertEquals((await (await server.fetch()).json())[0], text);
}

integrationTest("the executable is removed: workers are replaced and reloads work", async (host) => {
  install(host, "bin/program");
  const server = start(host, "bin/program");
  await server.ready(1);
  Deno.removeSync(`${host.folder}/bin/program`);
  await replaceWorker(server);
  await reload(host, server, "two", 2);
  await replaceWorker(server);
  server.kill("SIGUSR2");
  await server.logged(
    /upgrade failed, this master keeps serving: cannot start the new master: \S+\/bin\/program \(No such file or directory\): check/,
  );
  const [text] = await (await server.fetch()).json();
  assertEquals(text, "two");
  server.kill("SIGTERM");
  assertEquals(await server.exit(), { code: 0, signal: null });
  assertEquals(server.stderr.match(/unexpected failure|Failed to spawn/), null, server.stderr);
  assertEquals(server.leftovers(), []);
});

integrationTest(
  "the executable is replaced: workers are of the version that runs, an upgrade is of the new one",
  async (host) => {
    const path = install(host, "bin/program");
    const server = start(host, "bin/program");
    await server.ready(1);
    install(host, "bin/program");
    // The first copy is kept, and made again if a cleaner has removed it.
    for (let copies = 0; copies < 2; copies++) {
      const program = programOf(await replaceWorker(server));
      assertEquals(program.slice(program.lastIndexOf("/")), "/program");
      assert(program.startsWith(Deno.realPathSync(host.runtime)), program);
      Deno.removeSync(program.slice(0, program.lastIndexOf("/")), { recursive: true });
    }
    await reload(host, server, "two", 2);
    const old = server.pid;
    server.kill("SIGUSR2");
    await server.upgraded();
    const [worker] = await server.ready(1);
    for (const pid of [server.pid, worker!.pid]) assertEquals(programOf(pid), path);
    assert(!isRunning(old));
    assertEquals(programOf(await replaceWorker(server)), path);
  },
);

for (const found of [false, true]) {
  integrationTest(
    `the executable was reached by a link that leads to another one now${found ? ", found in PATH" : ""}`,
    async (host) => {
      install(host, "v1/program");
      link(host, "current", "v1");
      const server = start(host, "current/program", { found });
      await server.ready(1);
      for (const [index, version] of ["v2", "v3"].entries()) {
        const path = install(host, `${version}/program`);
        link(host, "current", version);
        Deno.removeSync(`${host.folder}/v${index + 1}`, { recursive: true });
        await replaceWorker(server);
        await reload(host, server, version, 2);
        server.kill("SIGUSR2");
        await server.upgraded();
        const [worker] = await server.ready(1);
        for (const pid of [server.pid, worker!.pid]) assertEquals(programOf(pid), path);
      }
    },
  );
}

integrationTest("no copy of the executable is made while its file is in place", async (host) => {
  install(host, "bin/program");
  const server = start(host, "bin/program");
  await server.ready(1);
  await replaceWorker(server);
  const entries = (directory: string) => Array.from(Deno.readDirSync(directory), ({ name }) => name);
  const [directory] = entries(host.runtime);
  assert(!entries(`${host.runtime}/${directory}`).some((name) => name.includes("program")));
});
