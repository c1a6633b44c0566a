import { hookNames } from "../../src/core/hook_table.ts";
import { DenicornError } from "../../src/core/errors.ts";
import { hooksIn, readConfigFile } from "../../src/settings/config_file.ts";
import { NotJson } from "../../src/settings/not_json.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assertEquals, assertThrows } from "../assert.ts";

const aFunction = new NotJson("a function");
const path = "denicorn.config.ts";

Deno.test("every hook is found in a config file, and is no setting", () => {
  const values = { workers: 2, ...Object.fromEntries(hookNames.map((name) => [name, aFunction])) };
  assertEquals(hooksIn({ path, values }), hookNames);
  assertEquals(readConfigFile({ path, values }).map(({ setting }) => setting.key), ["workers"]);
  const keys = namedSettings.map(({ key }): string => key);
  assertEquals(hookNames.filter((name) => keys.includes(name)), []);
});

Deno.test("a hook that is undefined counts as none", () => {
  const values = { onExit: undefined, onReload: aFunction };
  assertEquals(hooksIn({ path, values }), ["onReload"]);
});

Deno.test("a hook that is no function is refused by its name", () => {
  const refused: [value: unknown, text: string][] = [
    [true, "true"],
    ["main.ts:f", '"main.ts:f"'],
    [new NotJson("an object of the class Hook"), "an object of the class Hook"],
  ];
  for (const [value, text] of refused) {
    const error = assertThrows(() => hooksIn({ path, values: { onExit: value } }), DenicornError);
    assertEquals(
      [error.code, error.message],
      [
        "setting-invalid",
        `onExit: ${text} (config file ${path}) is not accepted: give a function: it is a hook`,
      ],
    );
  }
});

Deno.test("a misspelled hook is refused with a guess", () => {
  const guesses = {
    onReloading: "onReload",
    on_exit: "onExit",
    preRequests: "preRequest",
    childExits: "childExit",
  };
  for (const [name, guess] of Object.entries(guesses)) {
    const error = assertThrows(() => readConfigFile({ path, values: { [name]: aFunction } }), DenicornError);
    assertEquals(error.message, `${name} (config file ${path}) is unknown: did you mean ${guess}?`);
  }
});
