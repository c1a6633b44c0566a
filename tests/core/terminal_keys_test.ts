import { keysIn } from "../../src/core/terminal_keys.ts";
import { assertEquals } from "../assert.ts";

Deno.test("a sequence is one key, and all else one for each character", () => {
  assertEquals(keysIn("q\x03ü\x1b[A\x1b[5~\x1bOB\x1b"), [
    "q",
    "\x03",
    "ü",
    "\x1b[A",
    "\x1b[5~",
    "\x1bOB",
    "\x1b",
  ]);
  assertEquals(keysIn(""), []);
});
