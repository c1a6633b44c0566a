/** What a server does with files that it is given by name, whatever is there. */

import { namedSettings } from "../../src/settings/settings.ts";
import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { type TestHost, testOnOneTarget } from "./harness.ts";

/** What may stand in place of a file; each is created as `NAME` in the folder of the test. */
const strange = {
  fifo: (path: string) => command("mkfifo", path),
  directory: (path: string) => Deno.mkdirSync(path),
  // A device of its own, because a fault would replace it.
  zero: (path: string) =>
    Deno.uid() === 0 ? command("mknod", path, "c", "1", "5") : linkTo("/dev/zero", path),
  missing: (_path: string) => {},
} as const;
type Strange = keyof typeof strange;

/** The settings that name a file, how it is given, and where a server starts all the same. */
const settings: Readonly<
  Record<
    string,
    {
      readonly works?: readonly Strange[];
      readonly more?: readonly string[];
      readonly files?: Readonly<Record<string, string>>;
      readonly code?: number;
    }
  >
> = {
  "app": { code: 4 },
  "tasks": { code: 4 },
  "config": {},
  "chdir": { works: ["directory"] },
  "pid": {},
  "control-socket": {},
  "error-logfile": { works: ["fifo", "zero"] },
  "access-logfile": { works: ["fifo", "zero"] },
  "env-file": {},
  "certfile": { more: ["--keyfile", "server.key"] },
  "keyfile": { more: ["--certfile", "server.pem"], files: { "server.pem": "" } },
  "admin-token-file": { more: ["--admin-bind", "127.0.0.1:0"] },
};

function isModule(setting: string): boolean {
  return setting === "app" || setting === "tasks";
}

function command(name: string, ...args: readonly string[]): void {
  assertEquals(new Deno.Command(name, { args: [...args] }).outputSync().code, 0);
}

function linkTo(target: string, path: string): void {
  Deno.symlinkSync(target, path);
}

/** The same file as before. */
function identity(path: string): string {
  try {
    const { ino, mode, isSymlink } = Deno.lstatSync(path);
    return `${ino} ${mode} ${isSymlink}`;
  } catch {
    return "nothing";
  }
}

Deno.test("every setting that names a file is tested with what may stand in its place", () => {
  const named = namedSettings.filter(({ completion }) => completion === "file" || completion === "directory");
  assertEquals(Object.keys(settings).sort(), named.map(({ name }) => name).sort());
});

for (const [name, { works = [], more = [], files = {}, code = 2 }] of Object.entries(settings)) {
  testOnOneTarget(
    `--${name} at a FIFO, a directory, a device or nothing: an error, and no wait`,
    async (host) => {
      const kinds = (Object.keys(strange) as Strange[]).filter((kind) => !works.includes(kind));
      for (const kind of kinds) {
        const file = kind === "missing" ? "missing/file" : `${kind}${isModule(name) ? ".ts" : ""}`;
        const path = `${host.folder}/${file}`;
        strange[kind](path);
        const before = identity(path);
        const server = host.start({
          files: { "main.ts": pidApp, ...files },
          args: [...more, ...(name === "app" ? [] : [`--${name}`, file])],
          app: name === "app" ? file : "main.ts",
        });
        assertEquals((await server.exit()).code, code, `${kind}: ${server.stderr}`);
        assertMatch(
          server.stderr,
          /^([^\n]*: starting [^\n]*\n)?([^\n]*building the app\n)?[^\n]*(denicorn:|error) [^\n]*\n$/,
          kind,
        );
        assertMatch(server.stderr, new RegExp(file), kind);
        assert(!/ready|    at /.test(server.stderr), server.stderr);
        assertEquals([identity(path), server.leftovers()], [before, []], kind);
      }
    },
  );
}

testOnOneTarget("a pidfile with the id of another program is replaced", async (host) => {
  host.write({ "server.pid": `${Deno.pid}\n` });
  const server = host.start({ files: { "main.ts": pidApp }, args: ["--pid", "server.pid"] });
  await server.ready(1);
  assertMatch(
    server.stderr,
    new RegExp(`replacing pidfile \\S+/server.pid: process ${Deno.pid} is another program now`),
  );
  assertEquals(Deno.readTextFileSync(`${host.folder}/server.pid`), `${server.pid}\n`);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(identity(`${host.folder}/server.pid`), "nothing");
});

testOnOneTarget(
  "a pidfile or control socket in the place of a source is an error, and it stays",
  async (host) => {
    for (
      const [name, file, why] of [
        ["pid", "main.ts", 'pid: "main.ts" \\(.*\\) is not accepted: app .* names the same file'],
        [
          "pid",
          "other.ts",
          "cannot write pidfile: \\S+/other.ts \\(it holds something else than a process id\\)",
        ],
        [
          "control-socket",
          "other.ts",
          "cannot create control-socket: \\S+/other.ts \\(something else is there\\)",
        ],
      ] as const
    ) {
      const server = host.start({
        files: { "main.ts": pidApp, "other.ts": pidApp },
        args: [`--${name}`, file],
      });
      assertEquals((await server.exit()).code, 2);
      assertMatch(server.stderr, new RegExp(`^denicorn: ${why}[^\n]*\n$`));
      for (const source of ["main.ts", "other.ts"]) {
        assertEquals(Deno.readTextFileSync(`${host.folder}/${source}`), pidApp);
      }
    }
  },
);

testOnOneTarget(
  "ctl with a FIFO, a directory or a device as --pid or --socket: an error, and no wait",
  async (host) => {
    for (const kind of ["fifo", "directory", "zero"] as const) {
      strange[kind](`${host.folder}/${kind}`);
      for (const [option, code] of [["pid", 2], ["socket", 1]] as const) {
        const server = host.start({ files: {}, args: [], app: null, command: ctl(host, option, kind) });
        assertEquals((await server.exit()).code, code, server.stderr);
        assertMatch(server.stderr, /^denicorn: [^\n]*\n$/);
      }
    }
  },
);

/** `start` adds arguments of a server, which this shell does not pass on. */
function ctl({ target }: TestHost, option: string, file: string): readonly string[] {
  const words = [...target.command, "ctl", `--${option}`, file, "status"];
  return ["sh", "-c", `exec ${words.map((word) => `'${word}'`).join(" ")}`];
}

testOnOneTarget("a control socket is open to no other user, also with a lax umask", async (host) => {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: ["--umask", "0", "--control-socket", "control.sock"],
  });
  await server.logged(/1 worker of generation 1 ready/);
  const [directory] = Array.from(Deno.readDirSync(host.runtime), ({ name }) => `${host.runtime}/${name}`);
  const modes = [`${host.folder}/control.sock`, directory!].map((path) => Deno.statSync(path).mode! & 0o777);
  assertEquals(modes, [0o600, 0o700]);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertEquals(identity(`${host.folder}/control.sock`), "nothing");
});
