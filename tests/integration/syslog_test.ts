/** Both logs as messages of syslog, over a Unix socket and over UDP. */

import { assertEquals, assertMatch } from "../assert.ts";
import { testOnOneTarget } from "./harness.ts";
import { SyslogServer } from "./syslog_server.ts";

const app = `export default () => new Response("hello");\n`;

const head = (priority: number, log: string) =>
  new RegExp(`^<${priority}>1 \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z \\S+ app \\d+ ${log} - `);

testOnOneTarget("both logs go to a syslog server over UDP, and no line is lost at the end", async (host) => {
  using syslog = new SyslogServer({ hostname: "127.0.0.1", port: 0 });
  const place = `syslog:127.0.0.1:${syslog.port}?facility=local0&tag=app`;
  const server = host.start({
    files: { "main.ts": app },
    args: ["--access-logfile", place, "--error-logfile", place, "--access-logformat", "%(r)s %(s)s"],
  });
  await server.ready(1);
  for (let count = 0; count < 20; count++) await server.text(`/${count}`);
  server.kill("SIGTERM");
  assertEquals((await server.exit()).code, 0);
  const access = head(134, "access");
  await server.until("all lines", () => syslog.texts(access).length === 20);
  assertEquals(syslog.texts(access)[19], "GET /19 HTTP/1.1 200");
  await server.until(
    "the end",
    () => syslog.texts(head(134, "error")).some((text) => / stopped$/.test(text)),
  );
  assertEquals(server.stderr, "");
});

testOnOneTarget(
  "lines go on to a syslog server that was restarted, also those from meanwhile",
  async (host) => {
    const path = `${host.folder}/log.sock`;
    const start = () => new SyslogServer({ path });
    let syslog = start();
    const server = host.start({
      files: { "main.ts": app },
      args: ["--access-logfile", `syslog:${path}?tag=app`, "--access-logformat", "%(r)s %(s)s"],
    });
    await server.ready(1);
    const lines = () => syslog.texts(head(30, "access"));
    await server.text("/one");
    await server.until("the first line", () => lines().length === 1);
    syslog[Symbol.dispose]();
    Deno.removeSync(path);
    await server.text("/two");
    syslog = start();
    await server.text("/three");
    await server.until("the others", () => lines().length === 2);
    assertEquals(lines(), ["GET /two HTTP/1.1 200", "GET /three HTTP/1.1 200"]);
    syslog[Symbol.dispose]();
  },
);

testOnOneTarget("a start names the syslog server that is not there", async (host) => {
  host.write({ "main.ts": app });
  const { code, stderr } = await host.run(["main.ts", "--error-logfile", `syslog:${host.folder}/none.sock`]);
  assertEquals(code, 2);
  assertMatch(
    stderr,
    /^denicorn: cannot open error-logfile: syslog:\S+none\.sock \(connect: No such file or directory\): start the/,
  );
});

testOnOneTarget("in the journal of systemd each line of the error log has its level", async (host) => {
  const isJournal = 'JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) exec "$@"';
  const server = host.start({
    files: { "main.ts": `export default () => { throw new Error("no"); };\n` },
    command: ["sh", "-c", isJournal, "sh", ...host.target.command],
  });
  await server.ready(1);
  await server.text();
  await server.logged(/^<3>worker=0 gen=1 pid=\d+ {2}GET \/: the app threw\n<3> {4}Error: no\n/m);
  server.kill("SIGTERM");
  await server.exit();
  assertMatch(server.stderr, /^<6>master pid=\d+ {2}stopped\n$/m);
  assertEquals(server.stderr.split("\n").filter((line) => line !== "" && !/^<\d>/.test(line)), []);
});
