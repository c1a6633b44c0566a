import { assertEquals, assertMatch } from "../assert.ts";
import { pidApp } from "./apps.ts";
import { integrationTest } from "./harness.ts";

const lacking = new Deno.Command("unshare", { args: ["-m", "true"] }).outputSync().success
  ? null
  : "needs root, to mount a small file system";

integrationTest(
  "on a full disk, access lines are counted and not written to stderr one by one",
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
    const full = /^denicorn: cannot write access-logfile: .*access\.log \(.*[Nn]o space.*lines are dropped$/m;
    for (let count = 0; !full.test(server.stderr) && count < 1_000; count++) await server.text(`/${long}`);
    await server.logged(full);
    for (let count = 0; count < 50; count++) await server.text(`/${long}`);
    Deno.truncateSync(`${visible}/access.log`);
    await server.until("room for lines", async () => {
      await server.text("/after");
      return /^denicorn: access-logfile .*access\.log can be written to again: \d+ lines were dropped$/m.test(
        server.stderr,
      );
    });
    assertEquals(server.stderr.match(new RegExp(full, "gm"))?.length, 1);
    assertEquals(server.stderr.includes(long), false, server.stderr);
    await server.until(
      "the next line",
      () => /GET \/after/.test(Deno.readTextFileSync(`${visible}/access.log`)),
    );
    server.kill("SIGTERM");
    assertEquals((await server.exit()).code, 0);
  },
  lacking,
);

integrationTest("a start with too few file descriptors says what is short", async (host) => {
  for (const limit of host.target.name === "source" ? [24, 25] : [16, 17]) {
    host.write({ "main.ts": pidApp });
    const server = host.start({
      files: {},
      command: ["prlimit", `--nofile=${limit}:${limit}`, ...host.target.command],
    });
    const { code } = await server.exit();
    assertEquals([limit, code !== 0], [limit, true]);
    assertMatch(server.stderr, /out of file descriptors: the limit is \d+|used up its file descriptors/);
    assertEquals(server.stderr.includes("not an address"), false, server.stderr);
  }
});
