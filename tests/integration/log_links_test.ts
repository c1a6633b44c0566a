/** Log files in a directory where another user may put links: that of the workers, or one that all may write to. */

import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import type { TestHost } from "./harness.ts";
import { otherUserTest } from "./other_user.ts";
import { openFiles, type Server } from "./server.ts";

const nobody = 65534;
const secretText = "only root may read or change this\n";

/** A file of root, which nothing may change, and a directory of user `nobody` for logs. */
function prepare({ folder }: TestHost) {
  const secret = `${folder}/secret`;
  Deno.writeTextFileSync(secret, secretText, { mode: 0o600 });
  const logs = `${folder}/logs`;
  Deno.mkdirSync(logs);
  Deno.chownSync(logs, nobody, nobody);
  return { secret, logs };
}

/** A link as user `nobody` makes it. */
function linkAs(uid: number, target: string, path: string): void {
  const { code } = new Deno.Command("ln", { args: ["-s", target, path], uid, gid: uid }).outputSync();
  assertEquals(code, 0);
}

function assertUntouched(secret: string): void {
  const { uid, mode, nlink } = Deno.lstatSync(secret);
  assertEquals([Deno.readTextFileSync(secret), uid, mode! & 0o777], [secretText, 0, 0o600], `${nlink} names`);
}

const asNobody = ["--user", "nobody"];
const names = ["access-logfile", "error-logfile"] as const;

otherUserTest(
  "a start does not open a log through what the workers' account has put in its place",
  async (host) => {
    const { secret, logs } = prepare(host);
    linkAs(nobody, secret, `${logs}/link.log`);
    linkAs(nobody, `${host.folder}/made.log`, `${logs}/dangling.log`);
    linkAs(nobody, host.folder, `${logs}/folder`);
    Deno.linkSync(secret, `${logs}/hard.log`);
    for (const path of ["link.log", "dangling.log", "folder/made.log", "folder/secret", "hard.log"]) {
      for (const name of names) {
        const server = host.start({
          files: { "main.ts": pidApp },
          args: [...asNobody, `--${name}`, `${logs}/${path}`],
        });
        assertEquals((await server.exit()).code, 2, `${path}: ${server.stderr}`);
        assertMatch(server.stderr, new RegExp(`^denicorn: cannot open ${name}: \\S+${path} \\([^\\n]+\\n$`));
        assertUntouched(secret);
        assertEquals(
          Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name === "made.log"),
          false,
        );
      }
    }
  },
);

/** A server with both logs in the directory of the workers' account. */
async function startWithLogs(host: TestHost, logs: string): Promise<Server> {
  const server = host.start({
    files: { "main.ts": pidApp },
    args: [...asNobody, "--access-logfile", `${logs}/access.log`, "--error-logfile", `${logs}/error.log`],
  });
  await server.ready(1);
  return server;
}

function countLines(path: string, pattern: RegExp): number {
  return Deno.readTextFileSync(path).split("\n").filter((line) => pattern.test(line)).length;
}

otherUserTest("USR1 and HUP keep the old files when links stand in their place", async (host) => {
  const { secret, logs } = prepare(host);
  const server = await startWithLogs(host, logs);
  const [worker] = await server.ready(1);
  // It opens its error log when it has reported ready.
  await server.until("the worker's logs", () => openFiles(worker!.pid).includes(`${logs}/error.log`));
  for (const log of ["access", "error"]) {
    assertEquals(Deno.statSync(`${logs}/${log}.log`).uid, nobody);
    Deno.renameSync(`${logs}/${log}.log`, `${logs}/${log}.1`);
    linkAs(nobody, secret, `${logs}/${log}.log`);
  }
  const refused = () =>
    countLines(`${logs}/error.1`, /error .* cannot open (access|error)-logfile: .*\.log \(/);
  server.kill("SIGUSR1");
  await server.until("the refusal", () => refused() > 0);
  await server.text("/after-usr1");
  await server.until("the line", () => countLines(`${logs}/access.1`, /after-usr1/) === 1);
  server.kill("SIGHUP");
  await server.until("the failed reload", () => countLines(`${logs}/error.1`, /reload failed/) === 1);
  await server.text("/after-hup");
  await server.until("the line", () => countLines(`${logs}/access.1`, /after-hup/) === 1);
  assertUntouched(secret);
  // The links are gone: both files are reopened, and belong to the account again.
  for (const log of ["access", "error"]) Deno.removeSync(`${logs}/${log}.log`);
  server.kill("SIGUSR1");
  await server.until(
    "new files",
    () => ["access", "error"].every((log) => ownerOf(`${logs}/${log}.log`) === nobody),
  );
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  assertUntouched(secret);
});

otherUserTest("if one log cannot be reopened, the other still is", async (host) => {
  const { secret, logs } = prepare(host);
  Deno.mkdirSync(`${host.folder}/safe`);
  const access = `${host.folder}/safe/access.log`;
  const server = host.start({
    files: { "main.ts": pidApp },
    args: [...asNobody, "--access-logfile", access, "--error-logfile", `${logs}/error.log`],
  });
  const [worker] = await server.ready(1);
  await server.until("the worker's logs", () => openFiles(worker!.pid).includes(`${logs}/error.log`));
  Deno.renameSync(access, `${access}.1`);
  Deno.renameSync(`${logs}/error.log`, `${logs}/error.1`);
  linkAs(nobody, secret, `${logs}/error.log`);
  const { code, stderr } = await host.run(["ctl", "--socket", host.controlSocket, "reopen"]);
  assertEquals(code, 2, stderr);
  assertMatch(stderr, /^denicorn: cannot open error-logfile: [^\n]*\n$/);
  await server.until("the new access log", () => ownerOf(access) === nobody);
  await server.until("the worker's new log", () => openFiles(worker!.pid).includes(access));
  await server.text("/rotated");
  await server.until("the line", () => countLines(access, /GET \/rotated/) === 1);
  assertEquals(countLines(`${logs}/error.1`, /master .*cannot open error-logfile/), 1);
  assertUntouched(secret);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
});

function ownerOf(path: string): number | null {
  try {
    return Deno.lstatSync(path).uid;
  } catch {
    return null;
  }
}

otherUserTest(
  "links of root, and those of an account that lead to its own files, are followed",
  async (host) => {
    const { logs } = prepare(host);
    // As an administrator moves logs to another disk.
    Deno.mkdirSync(`${host.folder}/disk`);
    Deno.symlinkSync("disk", `${host.folder}/var`);
    // As Capistrano lays out releases.
    Deno.mkdirSync(`${logs}/releases/1/log`, { recursive: true });
    for (const path of ["releases", "releases/1", "releases/1/log"]) {
      Deno.chownSync(
        `${logs}/${path}`,
        nobody,
        nobody,
      );
    }
    linkAs(nobody, "releases/1", `${logs}/current`);
    const server = host.start({
      files: { "main.ts": pidApp },
      args: [
        ...asNobody,
        ...["--access-logfile", `${host.folder}/var/access.log`],
        ...["--error-logfile", `${logs}/current/log/error.log`],
      ],
    });
    await server.ready(1);
    await server.text("/seen");
    await server.until("the line", () => countLines(`${host.folder}/disk/access.log`, /GET \/seen/) === 1);
    assertEquals(
      [ownerOf(`${host.folder}/disk/access.log`), ownerOf(`${logs}/releases/1/log/error.log`)],
      [nobody, nobody],
    );
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
);

otherUserTest(
  "without root's rights, a link or a file of another user is not used where all may write",
  async (host) => {
    const { logs } = prepare(host);
    Deno.chmodSync(logs, 0o1777);
    Deno.chownSync(host.runtime, nobody, nobody);
    const other = 65533;
    linkAs(other, `${host.folder}/elsewhere.log`, `${logs}/link.log`);
    Deno.writeTextFileSync(`${logs}/planted.log`, "", { mode: 0o666 });
    Deno.chownSync(`${logs}/planted.log`, other, other);
    Deno.chmodSync(`${logs}/planted.log`, 0o666);
    const command = [
      "setpriv",
      `--reuid=${nobody}`,
      `--regid=${nobody}`,
      "--clear-groups",
      ...host.target.command,
    ];
    for (
      const [path, why] of [["link.log", "may have made the link"], ["planted.log", "belongs to user 65533"]]
    ) {
      const server = host.start({
        command,
        files: { "main.ts": pidApp },
        args: ["--access-logfile", `${logs}/${path}`],
      });
      assertEquals((await server.exit()).code, 2, server.stderr);
      assertMatch(
        server.stderr,
        new RegExp(`^denicorn: cannot open access-logfile: [^\\n]*${why}[^\\n]*\\n$`),
      );
    }
    const server = host.start({
      command,
      files: { "main.ts": pidApp },
      args: ["--access-logfile", `${logs}/own.log`],
    });
    await server.ready(1);
    await server.text("/seen");
    await server.until("the line", () => countLines(`${logs}/own.log`, /GET \/seen/) === 1);
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
    assert(!Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name === "elsewhere.log"));
  },
);

otherUserTest(
  "a pidfile or control socket is not made through a link of the workers' account",
  async (host) => {
    const { logs } = prepare(host);
    linkAs(nobody, host.folder, `${logs}/folder`);
    for (const [name, file] of [["pid", "server.pid"], ["control-socket", "control.sock"]]) {
      const server = host.start({
        files: { "main.ts": pidApp },
        args: [...asNobody, `--${name}`, `logs/folder/${file}`],
      });
      assertEquals((await server.exit()).code, 2, server.stderr);
      assertMatch(server.stderr, new RegExp(`logs/folder/${file} \\(another user may have made the link`));
      assertEquals(Array.from(Deno.readDirSync(host.folder)).some(({ name }) => name === file), false);
      assertEquals(server.leftovers(), []);
    }
    // In the directory itself both work, also through a link to another one of that account.
    Deno.removeSync(`${logs}/folder`);
    Deno.mkdirSync(`${logs}/release`);
    Deno.chownSync(`${logs}/release`, nobody, nobody);
    linkAs(nobody, "release", `${logs}/current`);
    const server = host.start({
      files: { "main.ts": pidApp },
      args: [...asNobody, "--pid", "logs/current/server.pid", "--control-socket", "logs/control.sock"],
    });
    await server.logged(/1 worker of generation 1 ready/);
    assertEquals(Deno.readTextFileSync(`${logs}/release/server.pid`), `${server.pid}\n`);
    assertEquals((await host.run(["ctl", "--socket", "logs/control.sock", "stop"])).code, 0);
    assertEquals((await server.exit()).code, 0);
    assertEquals(Array.from(Deno.readDirSync(logs), ({ name }) => name).sort(), ["current", "release"]);
    assertEquals(Array.from(Deno.readDirSync(`${logs}/release`)), []);
  },
);
