import { manPage } from "../../scripts/man_page.ts";
import { completionSteps } from "../../src/cli/completions.ts";
import { commands } from "../../src/cli/commands.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";

const page = manPage("2026-01-31");

Deno.test("the man page names every command and setting", () => {
  for (const { name } of commands) assertStringIncludes(page, `\n\\fB${name}\\fR `);
  for (const { name, flag } of namedSettings.filter(({ flag }) => flag !== false)) {
    assertStringIncludes(page, `\\fB\\-\\-${name.replaceAll("-", "\\-")}\\fR`, String(flag));
  }
});

Deno.test("it has no request that man(7) does not know, and no escape but those that it means", () => {
  const requests = new Set([".TH", ".SH", ".SS", ".TP", ".br"]);
  for (const line of page.split("\n").filter((line) => /^[.']/.test(line))) {
    assert(requests.has(line.split(" ")[0]!), line);
  }
  const escapes = page.match(/\\(?:f.|.)/g) ?? [];
  assertEquals([...new Set(escapes)].filter((escape) => !/^\\(?:-|e|&|f[BIR])$/.test(escape)), []);
});

Deno.test("the man page and the page about developing say how completions are installed", () => {
  const developing = Deno.readTextFileSync(new URL("../../docs/development.md", import.meta.url));
  for (const [shell, step] of Object.entries(completionSteps)) {
    assertStringIncludes(developing, `${step}\n`);
    assertStringIncludes(page, `.TP\n\\fB${shell}\\fR\n${step.replaceAll("-", "\\-")}\n`);
  }
});
