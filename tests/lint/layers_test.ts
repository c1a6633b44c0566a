import plugin from "../../lint/layers.ts";
import { assertEquals } from "../assert.ts";

/** What the plugin says about a file of the program. */
function lint(path: string, source: string): string[] {
  const file = new URL(`../../${path}`, import.meta.url).pathname;
  return Deno.lint.runPlugin(plugin, file, source).map(({ id, message }) => `${id}: ${message}`);
}

function assertAccepted(path: string, source: string): void {
  assertEquals(lint(path, source), []);
}

function assertRefused(path: string, source: string, rule: string, message: string): void {
  assertEquals(lint(path, source), [`layers/${rule}: ${message}`]);
}

const upward = "imports point down: master (layer 6) is above core (layer 0)";

Deno.test("a file imports from lower layers, from its own folder, and from packages", () => {
  assertAccepted("src/master/a.ts", 'import { b } from "../core/b.ts"; b();');
  assertAccepted("src/master/a.ts", 'import { b } from "./b.ts"; b();');
  assertAccepted("src/settings/kinds/a.ts", 'import { b } from "../b.ts"; b();');
  assertAccepted("src/core/a.ts", 'import { b } from "hono"; b();');
  assertAccepted("src/core/version.ts", 'import p from "../../deno.json" with { type: "json" }; p;');
  assertAccepted("main.ts", 'import { b } from "./src/cli/b.ts"; b();');
});

Deno.test("a file does not import from a higher layer, in whatever form", () => {
  const forms = [
    'import { b } from "../master/b.ts"; b();',
    'import type { B } from "../master/b.ts"; let b: B;',
    'import "../master/b.ts";',
    'await import("../master/b.ts");',
    "await import(`../master/b.ts`);",
    'export * from "../master/b.ts";',
    'export { b } from "../master/b.ts";',
    'let b: import("../master/b.ts").B;',
  ];
  for (const form of forms) assertRefused("src/core/a.ts", form, "imports-point-down", upward);
  assertRefused("src/core/deep/a.ts", 'import "../../master/b.ts";', "imports-point-down", upward);
  assertRefused(
    "src/cli/a.ts",
    'import "../../main.ts";',
    "imports-point-down",
    "imports point down: main.ts (layer 8) is above cli (layer 7)",
  );
});

Deno.test("folders of one layer do not import each other", () => {
  const message = (from: string, to: string, layer: number) =>
    `${from} and ${to} are on the same layer (${layer}): they must not know each other`;
  const pairs = [["app", "control", 5], ["master", "worker", 6], ["doctor", "master", 6]] as const;
  for (const [a, b, layer] of pairs) {
    assertRefused(`src/${a}/x.ts`, `import "../${b}/y.ts";`, "imports-point-down", message(a, b, layer));
    assertRefused(`src/${b}/x.ts`, `import "../${a}/y.ts";`, "imports-point-down", message(b, a, layer));
  }
});

Deno.test("a new folder in src must be given a layer", () => {
  const message = "helpers has no layer: give it one in lint/layers.ts";
  assertRefused("src/helpers/a.ts", 'import "../core/b.ts";', "imports-point-down", message);
  assertRefused("src/core/a.ts", 'import "../helpers/b.ts";', "imports-point-down", message);
});

Deno.test("outside src/ every import is accepted", () => {
  assertAccepted("tests/core/a_test.ts", 'import "../../src/cli/b.ts"; import "../../src/core/c.ts";');
});

const effects: Readonly<Record<string, string>> = {
  "Deno.exit(1);": "Deno",
  "const { exit } = Deno; exit();": "Deno",
  "let listener: Deno.Listener;": "Deno",
  "globalThis.Deno.exit(1);": "Deno",
  "setTimeout(() => {}, 1);": "setTimeout",
  "const later = setTimeout; later(() => {}, 1);": "setTimeout",
  "globalThis.setTimeout(() => {}, 1);": "setTimeout",
  "setInterval(() => {}, 1);": "setInterval",
  "Date.now();": "Date.now",
  'Date["now"]();': "Date.now",
  "const clock = Date.now; clock();": "Date.now",
  "new Date();": "new Date()",
  "performance.now();": "performance.now",
  "Math.random();": "Math.random",
  "crypto.randomUUID();": "crypto.randomUUID",
  "crypto.getRandomValues(new Uint8Array(4));": "crypto.getRandomValues",
};

Deno.test("an effect is refused outside src/system/", () => {
  for (const [source, effect] of Object.entries(effects)) {
    assertRefused("src/core/a.ts", source, "effects-in-system", `${effect} belongs in src/system/`);
  }
});

Deno.test("an effect is accepted in src/system/, in main.ts and outside the program", () => {
  for (const path of ["src/system/a.ts", "main.ts", "scripts/a.ts", "tests/core/a_test.ts"]) {
    for (const source of Object.keys(effects)) assertAccepted(path, source);
  }
});

Deno.test("the name of an effect is no effect", () => {
  assertAccepted("src/core/a.ts", "system.clock.setTimeout(() => {}, 1);");
  assertAccepted("src/core/a.ts", "const clock = { setTimeout() {}, setInterval: 1 }; clock;");
  assertAccepted("src/core/a.ts", "interface Clock { setTimeout(): void; Deno: string }");
  assertAccepted("src/core/a.ts", "class Clock { setTimeout() {} Deno = 1 }");
  assertAccepted("src/core/a.ts", 'const text = "Deno.exit() after Date.now()"; text;');
  assertAccepted("src/core/a.ts", "new Date(now); Date.parse(text); Math.floor(x); crypto.subtle;");
});

Deno.test("what runs in a browser has timers of its own, and no way around the layers", () => {
  assertAccepted("src/control/page/browser/a.ts", "setTimeout(() => {}, 1);");
  assertRefused(
    "src/control/page/a.ts",
    "setTimeout(() => {}, 1);",
    "effects-in-system",
    "setTimeout belongs in src/system/",
  );
  assertRefused(
    "src/control/page/browser/a.ts",
    'import "../../../app/a.ts";',
    "imports-point-down",
    "control and app are on the same layer (5): they must not know each other",
  );
});
