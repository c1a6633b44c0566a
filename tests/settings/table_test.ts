/** Rules for all settings, including future ones. */

import { generalOptions } from "../../src/settings/command_line.ts";
import { type ConfigFile, defineConfig } from "../../src/settings/define_config.ts";
import { namedSettings, type Settings } from "../../src/settings/settings.ts";
import { assert, assertEquals, assertMatch, assertStrictEquals } from "../assert.ts";

function assertUnique(names: readonly string[]): void {
  assertEquals(names.filter((name, index) => names.indexOf(name) !== index), []);
}

Deno.test("no two settings share a name, a letter or a variable", () => {
  assertUnique(namedSettings.map(({ key }) => key));
  assertUnique([...namedSettings, ...generalOptions].map(({ name }) => name));
  assertUnique(
    [...namedSettings, ...generalOptions].flatMap(({ short }) => short === undefined ? [] : [short]),
  );
  assertUnique(namedSettings.flatMap(({ variable, alias }) => [variable, ...(alias ? [alias.name] : [])]));
});

Deno.test("names follow from the key", () => {
  for (const { key, name, variable } of namedSettings) {
    assertMatch(key, /^[a-z]+\d?([A-Z][a-z]+)*$/);
    assertEquals(name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase()), key);
    assertEquals(variable, `DENICORN_${name.toUpperCase().replaceAll("-", "_")}`);
  }
  assert(namedSettings.some(({ variable }) => variable === "DENICORN_GRACEFUL_TIMEOUT"));
});

Deno.test("letters are single letters and descriptions are sentences", () => {
  for (const { name, short = "x", description, accepts, placeholder } of namedSettings) {
    assertMatch(short, /^[a-zA-Z]$/, name);
    assertMatch(description, /^[A-Z].*\.$/, name);
    assertMatch(accepts, /^[^A-Z].*[^.]$|^KEY/, name);
    assertMatch(placeholder, /^[A-Z][^ ]*$/, name);
  }
});

Deno.test("every default is a value that its setting accepts", () => {
  for (const setting of namedSettings) {
    const plain = setting.plain(setting.default);
    if (plain === null) continue;
    const reading = setting.read(plain, { cores: 1 });
    assert("value" in reading, setting.name);
    assertEquals(reading.value, setting.default, setting.name);
  }
});

Deno.test("the types follow from the table", () => {
  const settings: Pick<Settings, "logLevel" | "bind" | "env" | "workers" | "pid" | "umask"> = {
    logLevel: "info",
    bind: [{ hostname: "::1", port: 1 }],
    env: [["A", "1"]],
    workers: 4,
    pid: undefined,
    umask: 0o22,
  };
  // @ts-expect-error a level that does not exist
  const level: Settings["logLevel"] = "verbose";
  // @ts-expect-error resolved already
  const workers: Settings["workers"] = "auto";
  // @ts-expect-error a setting that always has a value
  const backlog: Settings["backlog"] = undefined;
  assert(settings.workers !== undefined && level && workers && backlog === undefined);
});

Deno.test("defineConfig accepts what a config file may contain, and returns it unchanged", () => {
  const config: ConfigFile = {
    workers: "auto",
    timeout: "2m",
    bind: ["127.0.0.1:8000"],
    env: { A: "1" },
    logFormat: "json",
  };
  assertStrictEquals(defineConfig(config), config);
  // @ts-expect-error no such setting
  defineConfig({ wrokers: 4 });
  // @ts-expect-error no such unit
  defineConfig({ timeout: "2 minutes" });
  // @ts-expect-error no port
  defineConfig({ bind: "localhost" });
  // @ts-expect-error not one of the formats
  defineConfig({ logFormat: "xml" });
  // @ts-expect-error a config file cannot name the config file
  defineConfig({ config: "other.ts" });
});
