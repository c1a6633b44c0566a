import { openLog } from "../../src/log/logger.ts";
import type { LogConfig } from "../../src/log/logger.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

const config: LogConfig = {
  logLevel: "info",
  logFormat: "text",
  errorLogfile: "-",
  accessLogfile: undefined,
};
const worker = { worker: 3, gen: 2, pid: 42 };

Deno.test("a text line has time, level, identity and message, with the detail below", () => {
  const system = new FakeSystem();
  openLog(system, config, worker).logger.with({ detail: "at main.ts:1\nat other.ts:2" }).error`it ${"broke"}`;
  assertMatch(
    system.written.stderr,
    /^\S+Z error   worker=3 gen=2 pid=42  it broke\n {4}at main\.ts:1\n {4}at other\.ts:2\n$/,
  );
});

const forgery = "x\n2026-11-20T23:33:58.000Z error   master pid=1  forged\r\x1b[2J\x9b31m\u2028\u202e";

Deno.test("no message or detail forges a line, or makes a terminal act on it", () => {
  const system = new FakeSystem();
  const { logger } = openLog(system, config, worker);
  logger.with({ detail: `at a\tb\n${forgery}` }).error`GET /${forgery}: ${"it threw"}`;
  const [line, ...detail] = system.written.stderr.trimEnd().split("\n");
  const escaped = "forged\\r\\u001b[2J\\u009b31m\\u2028\\u202e";
  assertEquals(
    line?.slice(25),
    `error   worker=3 gen=2 pid=42  GET /${
      forgery.slice(0, forgery.indexOf("forged")).replace("\n", "\\n")
    }${escaped}: it threw`,
  );
  assertEquals(detail.slice(0, 2), ["    at a\tb", "    x"]);
  assert(detail[2]?.startsWith("    2026-") && detail[2].endsWith(escaped), detail[2]);
});

Deno.test("a JSON line has no character that a terminal acts on", () => {
  const system = new FakeSystem();
  const { logger } = openLog(system, { ...config, logFormat: "json" }, worker);
  logger.with({ detail: forgery }).error`${forgery}`;
  assertEquals(JSON.parse(system.written.stderr).message, forgery);
  assert(!/[\x1b\x7f-\x9f\u2028\u202e]/.test(system.written.stderr), system.written.stderr);
});

Deno.test("there is colour only on a terminal, and not if NO_COLOR is set", () => {
  const lines = [[false, ""], [true, ""], [true, "1"]] as const;
  const coloured = lines.map(([terminal, noColor]) => {
    const system = new FakeSystem();
    system.terminal = terminal;
    system.variables.set("NO_COLOR", noColor);
    openLog(system, config, worker).logger.info("hello");
    return system.written.stderr.includes("\x1b[");
  });
  assertEquals(coloured, [false, true, false]);
});

Deno.test("a JSON line is one object with the identity and all properties", () => {
  const system = new FakeSystem();
  openLog(system, { ...config, logFormat: "json" }, worker).logger.info("ready after {ms} ms", { ms: 85 });
  const { time, ...rest } = JSON.parse(system.written.stderr);
  assertEquals(rest, { level: "info", worker: 3, gen: 2, pid: 42, ms: 85, message: "ready after 85 ms" });
  assertMatch(time, /^\d{4}-.*Z$/);
});

Deno.test("records below the level are not logged", () => {
  const system = new FakeSystem();
  const { logger } = openLog(system, { ...config, logLevel: "warning" }, { pid: 41 });
  logger.info("no");
  logger.warning("yes");
  assertMatch(system.written.stderr, /^\S+ warning master pid=41  yes\n$/);
});

Deno.test("a file that cannot be opened is an error that names setting and path", () => {
  const error = assertThrows(() =>
    openLog(new FakeSystem(), { ...config, errorLogfile: "/missing/x.log" }, { pid: 41 })
  );
  assertMatch(
    String(error),
    /cannot open error-logfile: \/missing\/x\.log \(No such directory\): name a file/,
  );
});

Deno.test("reopen writes to a new file after rotation", () => {
  const system = new FakeSystem();
  const log = openLog(system, { ...config, errorLogfile: "/srv/x.log" }, { pid: 41 });
  log.logger.info("one");
  system.texts.delete("/srv/x.log");
  log.reopen();
  log.logger.info("two");
  assertMatch(system.texts.get("/srv/x.log") ?? "", /^\S+ info    master pid=41  two\n$/);
});

Deno.test("a switch to a file that cannot be opened keeps the old one, with a line about it", () => {
  const system = new FakeSystem();
  const log = openLog(system, config, { pid: 41 });
  log.reconfigure({ ...config, errorLogfile: "/missing/x.log" });
  assertMatch(system.written.stderr, /cannot open error-logfile: \/missing\/x\.log/);
});

Deno.test("a full disk loses no line and stops nothing", () => {
  const system = new FakeSystem();
  const log = openLog(system, { ...config, errorLogfile: "/srv/x.log" }, { pid: 41 });
  system.failingWrites = true;
  log.logger.info("still here");
  assertMatch(
    system.written.stderr,
    /cannot write error-logfile: \/srv\/x.log \(No space left on device\).*\n.*still here\n/,
  );
});

Deno.test("each line in the journal of systemd has its level, and not the time, which the journal knows", () => {
  const system = new FakeSystem();
  system.isJournal = true;
  const { logger } = openLog(system, config, worker);
  logger.with({ detail: "at main.ts:1" }).error`it broke`;
  logger.info("ready");
  assertEquals(
    system.written.stderr,
    "<3>worker=3 gen=2 pid=42  it broke\n<3>    at main.ts:1\n<6>worker=3 gen=2 pid=42  ready\n",
  );
});

Deno.test("each line to a syslog server is a message with its level", () => {
  const system = new FakeSystem();
  const { logger } = openLog(system, { ...config, errorLogfile: "syslog:/dev/log" }, worker);
  logger.with({ detail: forgery }).warning`it broke`;
  const [first, ...others] = system.datagrams;
  assertMatch(first!, /^<28>1 \S+Z host-1 denicorn 41 error - worker=3 gen=2 pid=42  it broke$/);
  assertEquals(others.length, 2);
  for (const line of others) assertMatch(line, /^<28>1 \S+Z host-1 denicorn 41 error -     /);
  assertEquals(system.written.stderr, "");
});
