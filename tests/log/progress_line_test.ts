import { ProgressLine } from "../../src/log/progress_line.ts";
import { openLog } from "../../src/log/logger.ts";
import type { LogConfig } from "../../src/log/logger.ts";
import { assertEquals } from "../assert.ts";
import { FakeSystem } from "../fakes/fake_system.ts";

const shown = (text: string) => `\x1b7\x1b[999C\x1b[${text.length}D${text}\x1b8`;

Deno.test("progress is shown once, replaced, and removed", () => {
  const line = new ProgressLine();
  assertEquals(line.show("1 of 2"), `\x1b[K${shown("1 of 2")}`);
  assertEquals(line.show("1 of 2"), "");
  assertEquals(line.show("2 of 2"), `\x1b[K${shown("2 of 2")}`);
  assertEquals(line.show(null), "\x1b[K");
  assertEquals(line.show(null), "");
});

Deno.test("lines of the log stand above the progress, and are left alone without one", () => {
  const line = new ProgressLine();
  assertEquals(line.around("hello\n"), "hello\n");
  line.show("1 of 2");
  assertEquals(line.around("hello\n"), "\x1b[K" + `hello\n${shown("1 of 2")}`);
});

const config: LogConfig = {
  logLevel: "info",
  logFormat: "text",
  errorLogfile: "-",
  accessLogfile: undefined,
};

function shows(changes: Partial<LogConfig>, variables: Readonly<Record<string, string>> = {}): boolean {
  const system = new FakeSystem();
  system.terminal = true;
  for (const [name, value] of Object.entries(variables)) system.variables.set(name, value);
  const isShown = openLog(system, { ...config, ...changes }, { pid: 41 }).showProgress("1 of 2");
  assertEquals(system.written.stderr.includes("1 of 2"), isShown);
  return isShown;
}

Deno.test("only a log of text on a terminal that is not dumb shows progress, unless it is to be quiet", () => {
  assertEquals(shows({}), true);
  assertEquals(shows({ logLevel: "debug" }), true);
  assertEquals(shows({}, { NO_COLOR: "1" }), true);
  assertEquals(shows({ logFormat: "json" }), false);
  assertEquals(shows({ logLevel: "warning" }), false);
  assertEquals(shows({ errorLogfile: "/srv/error.log" }), false);
  assertEquals(shows({}, { TERM: "dumb" }), false);
});

Deno.test("a change of the log removes the progress from the terminal", () => {
  const system = new FakeSystem();
  system.terminal = true;
  const log = openLog(system, config, { pid: 41 });
  log.showProgress("1 of 2");
  log.reconfigure({ ...config, logFormat: "json" });
  assertEquals(system.written.stderr.endsWith("\x1b[K"), true);
});
