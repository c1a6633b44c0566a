import { Refusal } from "../../src/control/master_commands.ts";
import { readBody } from "../../src/control/request_body.ts";
import { assertEquals, assertThrows } from "../assert.ts";

Deno.test("an empty body is an empty object, and values are not changed", () => {
  assertEquals(readBody("", []), {});
  assertEquals(readBody(" \n", ["a"]), {});
  assertEquals(readBody('{"a": [1]}', ["a", "b"]), { a: [1] });
});

Deno.test("names that every object inherits are not fields", () => {
  for (const text of ['{"__proto__": 1}', '{"constructor": 1}', '"text"', "1", "true"]) {
    assertThrows(() => readBody(text, ["a"]), Refusal);
  }
});
