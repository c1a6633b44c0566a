import { parseAnswer } from "../../../src/app/build/build_messages.ts";
import { assertEquals } from "../../assert.ts";

const built = {
  ...{ source: "/srv/main.ts", exportName: "default", text: "x", exports: ["default"], unstable: ["kv"] },
  ...{ fileCount: 1, sources: [], isCommonJs: false, warnings: [], fromCache: false, durationMs: 1 },
};

Deno.test("the process that builds an app answers with a bundle or a failure", () => {
  assertEquals(parseAnswer(JSON.stringify({ built })), { built });
  const failure = { code: "app-syntax", message: "main.ts:1:1: …", detail: "1 | x" } as const;
  assertEquals(parseAnswer(JSON.stringify({ failure })), { failure });
});

Deno.test("an answer of another shape is none: any process of that user could have written it", () => {
  const others = [
    { built: { ...built, text: 1 } },
    { built: { ...built, warnings: [1] } },
    { built: { ...built, source: undefined } },
    { built: { ...built, exports: "default" } },
    { failure: { code: "constructor", message: "x" } },
    { failure: { code: "app-syntax", message: null } },
    { failure: { code: "app-syntax", message: "x", detail: {} } },
    [],
    null,
  ];
  for (const other of others) assertEquals(parseAnswer(JSON.stringify(other)), undefined);
  for (const text of ["", "{", `{"built":`]) assertEquals(parseAnswer(text), undefined);
});
