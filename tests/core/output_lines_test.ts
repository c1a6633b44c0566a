import fc from "fast-check";
import { levelIn, objectIn, OutputLines } from "../../src/core/output_lines.ts";
import { assertEquals } from "../assert.ts";

function linesOf(pieces: readonly string[]): string[] {
  const found: string[] = [];
  const lines = new OutputLines((line) => found.push(line));
  for (const piece of pieces) lines.add(piece);
  lines.end();
  return found;
}

Deno.test("pieces become whole lines, and so does what has no end", () => {
  assertEquals(linesOf(["a", "b\nc\r\n", "\n", "d"]), ["ab", "c", "", "d"]);
  assertEquals(linesOf(["a\n"]), ["a"]);
  assertEquals(linesOf([]), []);
});

Deno.test("a line that is too long becomes several", () => {
  const long = "x".repeat(150_000);
  for (const pieces of [[`${long}\n`], [long], [long.slice(0, 70_000), long.slice(70_000)]]) {
    const lines = linesOf(pieces);
    assertEquals([lines.join(""), Math.max(...lines.map(({ length }) => length))], [long, 65_536]);
  }
});

Deno.test("however a text is cut into pieces, its lines are the same", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", "\n") });
  fc.assert(fc.property(fc.array(text), (pieces) => {
    assertEquals(linesOf(pieces), linesOf([pieces.join("")]));
  }));
});

Deno.test("a line of JSON is an object that may name its level", () => {
  const level = (line: string) => levelIn(objectIn(line) ?? {});
  assertEquals(level('{"level":30,"msg":"x"}'), "info");
  assertEquals(["10", "40", "60"].map((number) => level(`{"level":${number}}`)), [
    "debug",
    "warning",
    "error",
  ]);
  assertEquals(['"WARN"', '"fatal"', '"loud"', "null"].map((name) => level(`{"level":${name}}`)), [
    "warning",
    "error",
    undefined,
    undefined,
  ]);
  for (const line of ["{", "{}}", "[1]", "text {}", "{a}"]) assertEquals(objectIn(line), null, line);
});

Deno.test("JSON that is nested too deeply to be written again is text", () => {
  const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  assertEquals(objectIn(nested(30_000)), null);
  assertEquals(objectIn(`{"b":"${"]".repeat(5_000)}","a":${nested(20_000)}}`), null);
  for (const line of [nested(500), `{"a":"${"[".repeat(5_000)}"}`, `{"a":[${"[],".repeat(5_000)}0]}`]) {
    assertEquals(JSON.stringify(objectIn(line)), line);
  }
});
