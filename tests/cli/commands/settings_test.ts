import { renderSettingsJson, renderSettingsText } from "../../../src/cli/commands/settings.ts";
import { renderSettingsReference } from "../../../src/cli/reference/settings.ts";
import { namedSettings } from "../../../src/settings/settings.ts";
import { assert, assertEquals, assertStringIncludes } from "../../assert.ts";
import { resolve } from "../../settings/resolving.ts";

const resolved = resolve({
  args: ["main.ts", "-b:1", "-b", "[::1]:2", "-e", "A=1\n2", "-e", "B=hunter2"],
  environment: { WEB_CONCURRENCY: "4" },
  config: { timeout: "2m", umask: "027" },
});

interface Entry {
  readonly name: string;
  readonly value: unknown;
}

Deno.test("text: each setting on a line, with its value and origin", () => {
  const lines = renderSettingsText(resolved).split("\n");
  assertEquals(lines[0], "# App");
  for (
    const line of [
      "app = main.ts (command line APP)",
      "workers = 4 (env WEB_CONCURRENCY)",
      "bind = 0.0.0.0:1, [::1]:2 (command line --bind)",
      "timeout = 120s (config file denicorn.config.ts)",
      "umask = 027 (config file denicorn.config.ts)",
      "boot-timeout = 60s (default)",
      "access-logfile = off (default)",
      "env = A=(hidden), B=(hidden) (command line --env)",
    ]
  ) assert(lines.includes(line), line);
  assertEquals(lines.filter((line) => line.includes(" = ")).length, namedSettings.length);
});

Deno.test("json: everything a program may ask about a setting", () => {
  const entries: Entry[] = JSON.parse(renderSettingsJson(resolved));
  assertEquals(entries.map(({ name }) => name), namedSettings.map(({ name }) => name));
  assertEquals(entries.find(({ name }) => name === "workers"), {
    name: "workers",
    value: 4,
    origin: "env WEB_CONCURRENCY",
    default: 1,
    env: ["DENICORN_WORKERS", "WEB_CONCURRENCY"],
    flag: "--workers",
    short: "-w",
    config: "workers",
    section: "Workers",
    repeatable: false,
    reload: true,
    accepts: "a whole number from 1 to 1024, or auto",
    description: "Number of worker processes; auto starts one for each core this process may use.",
  } as Entry);
});

Deno.test("json: the values make a config file that resolves to the same settings", () => {
  const entries: Entry[] = JSON.parse(renderSettingsJson(resolved));
  const keys = new Map(namedSettings.map(({ name, key }) => [name, key]));
  const config = Object.fromEntries(
    entries.filter(({ value }) => value !== null).map(({ name, value }) => [keys.get(name), value]),
  );
  // Only the values of secrets are not shown.
  const { env, ...settings } = resolve({ config }).settings;
  const { env: original, ...others } = resolved.settings;
  assertEquals(settings, others);
  assertEquals(env.map(([key]) => key), original.map(([key]) => key));
  assertStringIncludes(renderSettingsJson(resolved), '"value": 120,');
});

Deno.test("the values of environment variables for the app are not shown in any format", () => {
  for (const render of [renderSettingsText, renderSettingsJson, renderSettingsReference]) {
    assert(!render(resolved).includes("hunter2"));
  }
});
