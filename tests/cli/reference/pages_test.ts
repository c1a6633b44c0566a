import { referencePages } from "../../../src/cli/reference/pages.ts";
import { ctlOptions, subcommands } from "../../../src/cli/ctl/subcommands.ts";
import { endpoints } from "../../../src/control/endpoints.ts";
import { taskCommandList } from "../../../src/core/tasks/task_commands.ts";
import { lifecycleKinds } from "../../../src/core/telemetry/lifecycle.ts";
import { errorKinds } from "../../../src/core/errors.ts";
import { signalMeanings } from "../../../src/core/signals.ts";
import { namedSettings } from "../../../src/settings/settings.ts";
import { assert, assertEquals } from "../../assert.ts";

const root = new URL("../../../", import.meta.url);
const read = (path: string) => Deno.readTextFileSync(new URL(path, root));

for (const [path, render] of Object.entries(referencePages)) {
  Deno.test(`${path} says what the code says`, () => {
    assertEquals(read(path), render(), `${path} is out of date: run \`make docs\``);
  });
}

Deno.test("docs/settings.md has a heading for each setting, and none for anything else", () => {
  const headings = read("docs/settings.md").split("\n").filter((line) => line.startsWith("### "));
  assertEquals(headings, namedSettings.map(({ name }) => `### ${name}`));
});

Deno.test("docs/signals.md has a row for each signal, and none for anything else", () => {
  const rows = read("docs/signals.md").match(/^\| `[A-Z0-9]+`/gm);
  assertEquals(rows, Object.keys(signalMeanings).map((signal) => `| \`${signal.slice(3)}\``));
});

Deno.test("docs/ctl.md has a row for each command, option, request and event, and none for anything else", () => {
  const rows = read("docs/ctl.md").match(/^\| `(\\\||[^`])+`/gm)?.map((row) => row.slice(3, -1));
  assertEquals(rows, [
    ...subcommands.map(({ name, operand }) =>
      operand === undefined ? name : `${name} ${operand.replaceAll("|", "\\|")}`
    ),
    ...ctlOptions.map((option) =>
      "placeholder" in option ? `--${option.name} ${option.placeholder}` : `--${option.name}`
    ),
    ...endpoints.map(({ method, path, canWait }) => `${method} ${path}${canWait ? "?wait=1" : ""}`),
    ...taskCommandList.map(({ http: { method, path, query } }) =>
      query === undefined ? `${method} ${path}` : `${method} ${path}?${query}`
    ),
    ...Object.keys(lifecycleKinds),
  ]);
});

Deno.test("every error the code can throw is declared, and every declared one is thrown somewhere", () => {
  const sources: string[] = [];
  const gather = (directory: URL) => {
    for (const entry of Deno.readDirSync(directory)) {
      if (entry.isDirectory) gather(new URL(`${entry.name}/`, directory));
      else if (entry.name !== "errors.ts") {
        sources.push(Deno.readTextFileSync(new URL(entry.name, directory)));
      }
    }
  };
  gather(new URL("src/", root));
  const code = sources.join("\n");
  for (const kind of Object.keys(errorKinds)) {
    const declaredOnly = !code.includes(`"${kind}"`);
    assert(!declaredOnly, `"${kind}" is declared and documented, and nothing throws it`);
  }
});
