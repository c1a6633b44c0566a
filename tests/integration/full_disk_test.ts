import { assert, assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { testOnOneTarget } from "./harness.ts";

const lacking = new Deno.Command("unshare", { args: ["-m", "true"] }).outputSync().success
  ? null
  : "needs root, to mount a small file system";

testOnOneTarget(
  "on a full disk, access lines wait until there is room, and are not written to stderr",
  async (host) => {
    // A file system of 64 KB that only the server and its workers see.
    const logs = `${host.folder}/logs`;
    const server = host.start({
      files: { "main.ts": pidApp, "logs/.keep": "" },
      args: ["--access-logfile", "logs/access.log"],
      command: [
        ...["unshare", "-m", "sh", "-c", `mount -t tmpfs -o size=64k none '${logs}' && exec "$@"`, "sh"],
        ...host.target.command,
      ],
    });
    await server.ready(1);
    const visible = `/proc/${server.pid}/root${logs}`;
    const long = "x".repeat(1_000);
    const full = /^denicorn: cannot write access-logfile: .*access\.log \(.*[Nn]o space.*lines wait$/m;
    for (let count = 0; !full.test(server.stderr) && count < 1_000; count++) await server.text(`/${long}`);
    await server.logged(full);
    for (let count = 0; count < 50; count++) await server.text(`/late-${count}`);
    Deno.truncateSync(`${visible}/access.log`);
    await server.until("room for lines", async () => {
      await server.text("/after");
      return /^denicorn: access-logfile .*access\.log can be written to again: \d+ lines had to wait$/m.test(
        server.stderr,
      );
    });
    assertEquals(server.stderr.match(new RegExp(full, "gm"))?.length, 1);
    assertEquals(server.stderr.includes(long), false, server.stderr);
    await server.until(
      "the next line",
      () => /GET \/after/.test(Deno.readTextFileSync(`${visible}/access.log`)),
    );
    const late = Deno.readTextFileSync(`${visible}/access.log`).match(/GET \/late-\d+/g);
    assertEquals(late, Array.from({ length: 50 }, (_, count) => `GET /late-${count}`));
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  lacking,
);

testOnOneTarget(
  "a pidfile that does not fit on a full disk is an error, and no part of it stays",
  async (host) => {
    const folder = `${host.folder}/full`;
    const fill = `mount -t tmpfs -o size=16k none '${folder}' && head -c 16384 /dev/zero >'${folder}/fill'`;
    const server = host.start({
      files: { "main.ts": pidApp, "full/.keep": "" },
      args: ["--pid", "full/server.pid"],
      command: [
        ...["unshare", "-m", "sh", "-c", `${fill} && { "$@"; code=$?; ls '${folder}'; exit $code; }`, "sh"],
        ...host.target.command,
      ],
    });
    assertEquals((await server.exit()).code, 2);
    assertMatch(
      server.stderr,
      /cannot write pidfile: \S+\/server\.pid \(No space left on device\): give a path/,
    );
    assertEquals(server.stdout.trim(), "fill");
  },
  lacking,
);

testOnOneTarget(
  "the doctor says that the runtime directory is on a full disk",
  async (host) => {
    const fill =
      `mount -t tmpfs -o size=16k none '${host.runtime}' && head -c 16384 /dev/zero >'${host.runtime}/fill'`;
    const server = host.start({
      files: {},
      app: null,
      command: ["unshare", "-m", "sh", "-c", `${fill}; exec "$@"`, "sh", ...host.target.command, "doctor"],
    });
    assertEquals((await server.exit()).code, 1);
    assertMatch(
      server.stdout,
      /problem +runtime-directory +\S+: files cannot be written .*\(No space left on device\)/,
    );
  },
  lacking,
);

testOnOneTarget(
  "the doctor names too few file descriptors wherever a trial fails because of them",
  async (host) => {
    let named = 0;
    for (let limit = 14; limit <= 28; limit++) {
      const server = host.start({
        files: {},
        app: null,
        command: ["prlimit", `--nofile=${limit}:${limit}`, ...host.target.command, "doctor"],
      });
      const { code } = await server.exit();
      // At limits that depend on the machine, the runtime cannot open what it needs for its threads, and panics.
      if (server.stderr.includes("panicked")) continue;
      assertEquals([limit, code], [limit, 1]);
      const problems = server.stdout.match(/^problem .*/gm) ?? [];
      for (const problem of problems) assertMatch(problem, /too few file descriptors|file-limit +soft/);
      if (/too few file descriptors, see file-limit/.test(problems.join("\n"))) named++;
    }
    assert(named >= 1, "no trial failed");
  },
);

testOnOneTarget("a start with too few file descriptors says what is short", async (host) => {
  host.write({ "main.ts": pidApp });
  let told = 0;
  for (let limit = 14; limit <= 34; limit += 4) {
    const server = host.start({
      files: {},
      command: ["prlimit", `--nofile=${limit}:${limit}`, ...host.target.command],
    });
    const { code } = await server.exit();
    // At limits that depend on the machine, the runtime itself cannot start, or panics when it starts a thread.
    if (!server.stderr.startsWith("denicorn:")) continue;
    told++;
    assertEquals([limit, code], [limit, 2]);
    assertEquals(
      server.stderr,
      `denicorn: cannot start: the limit of open files is ${limit}, and a master needs about 36 for one worker: ` +
        "raise the limit (ulimit -n, LimitNOFILE=)\n",
    );
  }
  assert(told >= 2, `${told} starts said something`);
});
