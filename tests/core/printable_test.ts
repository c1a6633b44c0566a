import fc from "fast-check";
import { printable, printableJson, printableLines } from "../../src/core/printable.ts";
import { assert, assertEquals } from "../assert.ts";

/** Controls, line separators, marks that change the direction of text, and what cannot be seen. */
const dangerous =
  /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u00ad\u180e\u200b-\u200d\u2060-\u2064\u3164\uffa0\ufff9-\ufffb]/u;

/** Text of which half is dangerous. */
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ..."ab \n\r\t\0\x1b[\x7f\x85\x9b\u061c\u200e\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\u00ad\u180e\u200b\u200d\u2060\u3164\uffa0\ufffb\\",
    ),
    fc.string({ minLength: 1, maxLength: 1, unit: "binary" }),
  ),
});

Deno.test("printable text is one line that no terminal acts on", () => {
  fc.assert(fc.property(text, (text) => assert(!dangerous.test(printable(text)))));
});

Deno.test("lines keep their number and their tabs, and nothing else that a terminal acts on", () => {
  fc.assert(fc.property(text, (text) => {
    const lines = printableLines(text);
    assertEquals(lines.length, text.trimEnd().split("\n").length);
    assert(lines.every((line) => !dangerous.test(line.replaceAll("\t", ""))));
  }));
});

Deno.test("printable JSON has the same meaning", () => {
  fc.assert(fc.property(text, (text) => {
    const json = printableJson(JSON.stringify({ text }));
    assertEquals(JSON.parse(json), { text });
    assert(!dangerous.test(json));
  }));
});

Deno.test("what can be printed stays as it is, the rest becomes an escape of JSON", () => {
  assertEquals(printable("größe → 日本 🦕 C:\\dir"), "größe → 日本 🦕 C:\\dir");
  assertEquals(printable("a\r\n\tb\x1b[31m\x9b\u202e"), "a\\r\\n\\tb\\u001b[31m\\u009b\\u202e");
  assertEquals(printableLines("one\r\n\ttwo\n\x1b[2J\n\n"), ["one", "\ttwo", "\\u001b[2J"]);
});
