/** docs/logging.md says of each atom what the table says that they are declared in. */

import { atoms } from "../../src/core/access_format.ts";
import { assertEquals } from "../assert.ts";

Deno.test("docs/logging.md lists every atom of the access log, with its meaning", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/logging.md", import.meta.url));
  const rows = [...page.matchAll(/^\| `%\((\w)\)s` +\| (.*?) +\|$/gm)].map((
    [, atom, meaning],
  ) => [atom, meaning]);
  assertEquals(Object.fromEntries(rows), { ...atoms });
});
