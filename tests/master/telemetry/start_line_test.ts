import { version } from "../../../src/core/version.ts";
import { startLine } from "../../../src/master/telemetry/start_line.ts";
import { resolveSettings } from "../../../src/settings/resolve.ts";
import { assertEquals } from "../../assert.ts";

const start = { runtime: "deno 2.9.6", cores: 8, oldMaster: null };

function line(values: Record<string, unknown>, more = {}): string {
  const commandLine = { settings: new Map([["app", ["main.ts"]]] as const) };
  const configFile = Object.keys(values).length === 0 ? undefined : { path: "denicorn.config.ts", values };
  const resolved = resolveSettings({ commandLine, environment: {}, configFile, cores: 8 });
  return startLine(resolved, { ...start, ...more });
}

Deno.test("the first line of the log says what is started, with which settings", () => {
  const begin = `denicorn ${version} (deno 2.9.6): starting main.ts with`;
  assertEquals(line({}), `${begin} 1 worker`);
  assertEquals(line({ workers: 4 }), `${begin} 4 workers, settings from denicorn.config.ts`);
  assertEquals(
    line({ minWorkers: 2, maxWorkers: "auto" }),
    `${begin} 2 to 8 workers, settings from denicorn.config.ts`,
  );
  assertEquals(line({}, { oldMaster: 41 }), `${begin} 1 worker, to take over from process 41`);
});
