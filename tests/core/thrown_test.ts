import { toDenicornError } from "../../src/core/errors.ts";
import { errorIn, foreignTitleOf, messageOf, stackOf, textOf, titleOf } from "../../src/core/thrown.ts";
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
  assertEquals(textOf(values[1]), "an object that cannot be shown as text");
  assertEquals([messageOf("text"), messageOf(null), titleOf(Symbol("a"))], ["text", "null", "Symbol(a)"]);
});

Deno.test("an object that is thrown in place of an Error is shown with what is in it", () => {
  class Refusal {
    readonly code = 5;
    readonly at = new Date(0);
  }
  const circular: Record<string, unknown> = { code: 5 };
  circular["self"] = circular;
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`key${index}`, index]));
  const cases: readonly (readonly [value: unknown, text: string])[] = [
    [{}, "{}"],
    [{ code: "E116", details: null }, '{ code: "E116", details: null }'],
    [
      Object.assign(Object.create(null), { n: 1n, f: fails, s: Symbol("s") }),
      "{ n: 1n, f: a function, s: Symbol(s) }",
    ],
    [new Refusal(), `Refusal { code: 5, at: ${new Date(0)} }`],
    [{ inner: new TypeError("wrong"), list: [1, ["a"]] }, '{ inner: TypeError: wrong, list: [1, ["a"]] }'],
    [circular, "{ code: 5, self: { code: 5, self: { code: 5, self: … } } }"],
    [{
      get bad(): string {
        return fails();
      },
      good: 1,
    }, "{ bad: …, good: 1 }"],
    [{ long: "x".repeat(1_000) }, `{ long: "${"x".repeat(200)}…" }`],
    [
      many,
      "{ key0: 0, key1: 1, key2: 2, key3: 3, key4: 4, key5: 5, key6: 6, key7: 7, key8: 8, key9: 9, … 2 more }",
    ],
    [[{ code: 5 }], "[{ code: 5 }]"],
    [[1, 2], "1,2"],
    [new Map([[1, 2]]), "Map { size: 1 }"],
    [
      new Response("gone", { status: 404, statusText: "Not Found" }),
      'Response { status: 404, statusText: "Not Found", type: "default" }',
    ],
    [
      new CloseEvent("close", { code: 1006, reason: "lost" }),
      'CloseEvent { code: 1006, reason: "lost", type: "close" }',
    ],
    [new URL("http://h/"), "http://h/"],
    ["[object Object]", "[object Object]"],
  ];
  for (const [value, text] of cases) assertEquals(textOf(value), text);
});

Deno.test("a line that would be only a text says that no Error was thrown", () => {
  assertEquals(foreignTitleOf(undefined), "threw no Error, but undefined");
  assertEquals(foreignTitleOf("no luck"), 'threw no Error, but "no luck"');
  assertEquals(foreignTitleOf({ code: 5 }), "threw no Error, but { code: 5 }");
  assertEquals(foreignTitleOf(new Error("boom")), null);
});
