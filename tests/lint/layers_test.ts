import { assertAccepted, assertRefused } from "./linting.ts";

function assertImportAccepted(from: string, to: string): void {
  assertAccepted(`${from}/a.ts`, `import ${JSON.stringify(specifier(from, to))};`);
}

function assertImportRefused(from: string, to: string, message: string): void {
  const source = `import ${JSON.stringify(specifier(from, to))};`;
  assertRefused(`${from}/a.ts`, source, "imports-point-down", message);
}

/** How a file in folder `from` names a file in folder `to`. */
function specifier(from: string, to: string): string {
  return `${"../".repeat(from.split("/").length)}${to}/b.ts`;
}

Deno.test("a file imports from lower levels, from its own folder, and from packages", () => {
  assertAccepted("src/master/a.ts", 'import { b } from "../core/b.ts"; b();');
  assertAccepted("src/master/a.ts", 'import { b } from "./b.ts"; b();');
  assertAccepted("src/settings/kinds/a.ts", 'import { b } from "../b.ts"; b();');
  assertAccepted("src/core/a.ts", 'import { b } from "hono"; b();');
  assertAccepted("src/core/version.ts", 'import p from "../../deno.json" with { type: "json" }; p;');
  assertAccepted("main.ts", 'import { b } from "./src/cli/b.ts"; b();');
  assertImportAccepted("src/protocol", "src/log");
  assertImportAccepted("src/settings", "src/system");
});

Deno.test("a file does not import from a higher level, in any form", () => {
  const forms = [
    'import { b } from "../master/b.ts"; b();',
    'import type { B } from "../master/b.ts"; let b: B;',
    'import "../master/b.ts";',
    'lazyModule(() => import("../master/b.ts"));',
    "lazyModule(() => import(`../master/b.ts`));",
    'export * from "../master/b.ts";',
    'export { b } from "../master/b.ts";',
    'let b: import("../master/b.ts").B;',
  ];
  const upward = "imports point down: src/master is above src/core";
  for (const form of forms) assertRefused("src/core/a.ts", form, "imports-point-down", upward);
  assertRefused(
    "src/cli/a.ts",
    'import "../../main.ts";',
    "imports-point-down",
    "imports point down: main.ts is above src/cli",
  );
});

Deno.test("parts on one level do not import each other, nor the rooms of each other", () => {
  const pairs = [
    ["src/app", "src/control"],
    ["src/app/bundle", "src/control"],
    ["src/master", "src/worker"],
    ["src/master/files", "src/worker"],
    ["src/master/pool", "src/doctor"],
    ["src/master/generations", "src/master/telemetry"],
    ["src/core/pool", "src/core/listeners"],
  ] as const;
  const message = (from: string, to: string) =>
    `${from} and ${to} are on one level: they must not know each other`;
  for (const [a, b] of pairs) {
    assertImportRefused(a, b, message(a, b));
    assertImportRefused(b, a, message(b, a));
  }
});

Deno.test("the rooms of a folder have an order of their own, in which imports point down too", () => {
  const pairs = [
    ["src/master", "src/master/transitions"],
    ["src/master/transitions", "src/master/pool"],
    ["src/master/pool", "src/master/listeners"],
    ["src/master/listeners", "src/master/commands"],
    ["src/master/telemetry", "src/master/workers"],
    ["src/master/workers", "src/master/files"],
    ["src/app/load", "src/app/bundle"],
    ["src/app/bundle", "src/app/resolve"],
    ["src/app/resolve", "src/app"],
    ["src/core/pool", "src/core"],
  ] as const;
  for (const [above, below] of pairs) {
    assertImportAccepted(above, below);
    assertImportAccepted(above, above);
    assertImportRefused(below, above, `imports point down: ${above} is above ${below}`);
  }
  assertImportAccepted("src/master/files", "src/core/pool");
  assertImportAccepted("src/worker", "src/app/load");
});

Deno.test("the longest name in the table decides where a file belongs, and whole folder names only", () => {
  assertImportAccepted("src/master/pool/deep", "src/master/pool/deeper");
  assertImportAccepted("src/master/pool/deep", "src/master/workers");
  assertImportRefused(
    "src/master/workers",
    "src/master/pool/deep",
    "imports point down: src/master/pool is above src/master/workers",
  );
  const message = "src/core_extras has no level: give it one in lint/levels.ts";
  assertImportRefused("src/core_extras", "src/core", message);
});

Deno.test("a new folder must be given a level, in src and among the rooms of a folder", () => {
  for (const folder of ["src/helpers", "src/master/helpers", "src/app/helpers", "src/core/helpers"]) {
    const message = `${folder} has no level: give it one in lint/levels.ts`;
    assertImportRefused(folder, "src/core", message);
    assertImportRefused("src/cli", folder, message);
  }
});

Deno.test("outside src/ every import is accepted", () => {
  assertAccepted("tests/core/a_test.ts", 'import "../../src/cli/b.ts"; import "../../src/core/c.ts";');
});

Deno.test("what runs in a browser has no way around the levels", () => {
  assertImportRefused(
    "src/control/page/browser",
    "src/app",
    "src/control and src/app are on one level: they must not know each other",
  );
});
