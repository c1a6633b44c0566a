/** docs/http.md lists what the corpus of requests accepts, and nothing else. */

import { assertEquals } from "../assert.ts";
import { readCases } from "../integration/corpus.ts";

Deno.test("docs/http.md lists each request that is accepted although it should not be, with its reason", () => {
  const page = Deno.readTextFileSync(new URL("../../docs/http.md", import.meta.url));
  const section = page.split(/^## /m).find((section) => section.startsWith("How it is tested")) ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| "));
  const listed = rows.map((row) => row.split("|").map((cell) => cell.trim()).slice(1, -1))
    .filter(([request]) => request !== "request" && !request!.startsWith("---"));
  const places: Record<string, string> = { source: "source", binary: "executable", "": "both" };
  const known = ["valid.txt", "invalid.txt"].flatMap(readCases).flatMap(({ title, accepted }) =>
    accepted.map(({ target, reason }) => [title, places[target], reason])
  );
  assertEquals(listed, known);
});
