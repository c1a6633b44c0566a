/** docs/hooks.md says of each hook what the table says that they are declared in. */

import { hookKinds, hookNames } from "../../src/core/hook_table.ts";
import { assertEquals } from "../assert.ts";

const page = Deno.readTextFileSync(new URL("../../docs/hooks.md", import.meta.url));

/** The rows of the table whose head begins with these columns, as texts of cells. */
function rowsOf(columns: readonly string[]): string[][] {
  const rows = page.split("\n").map((line) =>
    line.startsWith("| ") ? line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "").trim()) : null
  );
  const start = rows.findIndex((row) => columns.every((column, index) => row?.[index] === column)) + 2;
  const end = rows.indexOf(null, start);
  return rows.slice(start, end) as string[][];
}

Deno.test("docs/hooks.md lists every hook, with what the table says about it", () => {
  const expected = hookNames.map((name) => {
    const { gunicorn, runsIn, when, ifItFails } = hookKinds[name];
    return [`\`${name}\``, `\`${gunicorn}\``, runsIn, when, ifItFails];
  });
  assertEquals(rowsOf(["hook", "Gunicorn"]), expected);
});

Deno.test("docs/hooks.md lists the parameters of every hook", () => {
  const expected = hookNames.map((name) => {
    const names = hookKinds[name].parameters.split(", ").map((parameter) => parameter.split(":")[0]);
    return [`\`${name}\``, names.map((parameter) => `\`${parameter}\``).join(", ")];
  });
  assertEquals(rowsOf(["hook", "parameters"]), expected);
});
