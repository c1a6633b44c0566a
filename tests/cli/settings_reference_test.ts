import { renderSettingsReference } from "../../src/cli/settings_reference.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assertEquals } from "../assert.ts";

const page = Deno.readTextFileSync(new URL("../../docs/settings.md", import.meta.url));

Deno.test("docs/settings.md says what the table says", () => {
  assertEquals(page, renderSettingsReference(), "docs/settings.md is out of date: run `deno task docs`");
});

Deno.test("docs/settings.md has a heading for each setting, and none for anything else", () => {
  const headings = page.split("\n").filter((line) => line.startsWith("### ")).map((line) => line.slice(4));
  assertEquals(headings, namedSettings.map(({ name }) => name));
});
