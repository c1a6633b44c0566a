import { DenicornError, errorKinds, exitCodeMeanings, toDenicornError } from "../../src/core/errors.ts";
import { assertEquals, assertStringIncludes } from "../assert.ts";

Deno.test("every error has an exit code that is explained", () => {
  for (const [code, { exitCode }] of Object.entries(errorKinds)) {
    assertEquals(typeof exitCodeMeanings[exitCode], "string", code);
  }
});

Deno.test("what is not an error of ours becomes internal, with its stack", () => {
  const error = toDenicornError(new TypeError("x is not a function"));
  assertEquals(error.code, "internal");
  assertEquals(error.exitCode, 1);
  assertStringIncludes(error.detail ?? "", "TypeError: x is not a function");
  const own = new DenicornError("usage", "no");
  assertEquals(toDenicornError(own), own);
});
