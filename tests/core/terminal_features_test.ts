import { canRewrite, usesColour } from "../../src/core/terminal_features.ts";
import { assertEquals } from "../assert.ts";

type Case = readonly [isTerminal: boolean, variables: Readonly<Record<string, string>>];

function expect(
  decide: typeof usesColour,
  expected: boolean,
  cases: readonly Case[],
): void {
  for (const [isTerminal, variables] of cases) {
    const found = decide(isTerminal, (name) => variables[name]);
    assertEquals(found, expected, `${isTerminal ? "terminal" : "pipe"} with ${JSON.stringify(variables)}`);
  }
}

Deno.test("colour is for terminals that can show it, or where it is demanded", () => {
  expect(usesColour, true, [
    [true, {}],
    [true, { TERM: "xterm", NO_COLOR: "", FORCE_COLOR: "" }],
    [false, { FORCE_COLOR: "1" }],
    [true, { TERM: "dumb", FORCE_COLOR: "true" }],
  ]);
});

Deno.test("there is no colour in pipes, on a dumb terminal, or where it is refused", () => {
  expect(usesColour, false, [
    [false, { TERM: "xterm" }],
    [true, { TERM: "dumb" }],
    [true, { NO_COLOR: "1" }],
    [true, { NO_COLOR: "1", FORCE_COLOR: "1" }],
    [true, { FORCE_COLOR: "0" }],
    [true, { FORCE_COLOR: "false" }],
    [false, { FORCE_COLOR: "" }],
  ]);
});

Deno.test("lines are rewritten on a terminal that is not dumb, whatever is said of colour", () => {
  expect(canRewrite, true, [[true, {}], [true, { NO_COLOR: "1", TERM: "xterm" }]]);
  expect(canRewrite, false, [[false, { FORCE_COLOR: "1" }], [true, { TERM: "dumb", FORCE_COLOR: "1" }]]);
});
