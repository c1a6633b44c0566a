/** docs/tasks.md and the types that apps get say the same. */

import { renderDeclarations } from "../../src/cli/declarations.ts";
import { namedSettings } from "../../src/settings/settings.ts";
import { assertEquals } from "../assert.ts";

const page = Deno.readTextFileSync(new URL("../../docs/tasks.md", import.meta.url));

/** The names in an interface of the declarations. */
function members(name: string): string[] {
  const body = new RegExp(`interface ${name}\\b[^{]*\\{(.*?)\\n  \\}`, "s").exec(renderDeclarations())?.[1] ??
    "";
  return Array.from(body.matchAll(/^ {4}(?:readonly )?(\w+)[?:(]/gm), ([, member]) => member!);
}

function isNamed(name: string): boolean {
  return new RegExp(`\`(?:--)?${name}\\b`).test(page);
}

for (const name of ["TaskOptions", "EnqueueOptions", "TaskContext"]) {
  Deno.test(`docs/tasks.md explains every member of ${name}`, () => {
    const found = members(name);
    assertEquals(found.length >= 4, true, name);
    assertEquals(found.filter((member) => !isNamed(member)), []);
  });
}

Deno.test("the options in docs/tasks.md are those of a task", () => {
  const table = /## A task\n.*?(\| option .*?)\n\n/s.exec(page)?.[1] ?? "";
  const rows = Array.from(table.matchAll(/^\| `(\w+)`/gm), ([, option]) => option!);
  assertEquals(rows.toSorted(), ["schema", ...members("TaskOptions")].sort());
});

Deno.test("docs/tasks.md names every setting of tasks", () => {
  const settings = namedSettings.filter(({ section }) => section === "Tasks").map(({ name }) => name);
  assertEquals(settings.filter((name) => !isNamed(name)), []);
});
