import { toDenicornError } from "../../src/core/errors.ts";
import { errorIn, messageOf, stackOf, textOf, titleOf } from "../../src/core/thrown.ts";
import { assertEquals, assertMatch } from "../assert.ts";

const fails = () => {
  throw new Error("from a trap");
};

class Evil extends Error {
  override get message(): string {
    return fails();
  }
  constructor() {
    super();
    // The runtime gives every error a stack of its own.
    Object.defineProperty(this, "stack", { get: fails });
  }
  override get name(): string {
    return fails();
  }
  override get cause(): unknown {
    return fails();
  }
}

/** Values that are hard to print, all of which an app can throw. */
const values: readonly unknown[] = [
  Object.create(null),
  new Proxy({}, { get: fails, getPrototypeOf: fails, ownKeys: fails, has: fails }),
  new Proxy(new Error("inside"), { get: fails, getPrototypeOf: fails }),
  new Evil(),
  Object.assign(new Error(), { message: Symbol("text"), name: Object.create(null), stack: 7 }),
  { toString: fails },
  { toString: () => ({}) },
  Object.assign(() => {}, { toString: fails }),
  Symbol("symbol"),
  null,
  undefined,
  1n,
  "text",
];

Deno.test("whatever is thrown, there is a text for it", () => {
  for (const value of values) {
    for (const describe of [textOf, titleOf, messageOf, stackOf]) {
      assertEquals(typeof describe(value), "string");
    }
    assertMatch(toDenicornError(value).message, /^unexpected failure: ./);
  }
});

Deno.test("what an error has is used, and what cannot be read is replaced", () => {
  const error = new TypeError("wrong", { cause: 1 });
  assertEquals(errorIn(error), {
    name: "TypeError",
    message: "wrong",
    stack: error.stack,
    code: undefined,
    cause: 1,
  });
  assertEquals(titleOf(error), "TypeError: wrong");
  assertEquals(titleOf(new Evil()), "Error: its message cannot be read");
  assertEquals(stackOf(new Evil()), "Error: its message cannot be read");
  assertEquals(textOf(Object.create(null)), "an object that cannot be shown as text");
  assertEquals([messageOf("text"), messageOf(null), titleOf(Symbol("a"))], ["text", "null", "Symbol(a)"]);
});
