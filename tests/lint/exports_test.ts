import config from "../../deno.json" with { type: "json" };
import { assertEquals } from "../assert.ts";
import { type Module, parseModule, readModules } from "./modules.ts";

/** The exports of the modules in src/ that no other module imports, as `file:line: name`. */
function unusedExports(modules: readonly Module[], entry?: string): string[] {
  const used = new Set(
    modules.flatMap(({ path, imports }) =>
      imports.filter(({ from }) => from !== path).flatMap(({ from, names }) =>
        names.map((name) => `${from} ${name}`)
      )
    ),
  );
  return modules
    .filter(({ path }) => path.startsWith("src/") && path !== entry && !used.has(`${path} *`))
    .flatMap(({ path, exports }) =>
      exports
        .filter(({ name }) => !used.has(`${path} ${name}`))
        .map(({ name, line }) => `${path}:${line}: ${name}`)
    );
}

Deno.test("an export that no file imports is found, in any form of import and export", () => {
  const sources: Readonly<Record<string, string>> = {
    "src/a.ts":
      "export const one = 1, { two, three } = more;\nexport function four() {}\nexport class Five {}",
    "src/b.ts":
      "export interface Six {}\nexport type Seven = 7;\nconst eight = 8;\nexport { eight, eight as nine };",
    "src/c.ts": "export default 10;\nexport const eleven = 11;",
    "src/d.ts": "export const twelve = 12;",
    "src/e.ts": 'export { one } from "./a.ts";\nexport { five as six } from "./f.ts";',
    "src/f.ts": "export const five = 5;\nexport const own = 1;\nimport { own as me } from './f.ts'; me;",
    "tests/g.ts": 'import { two } from "../src/a.ts"; import type { Six } from "../src/b.ts"; two as Six;\n' +
      "export const unusedOutsideOfSrc = 1;",
    "src/h.ts": 'const { four } = await import("./a.ts"); four((await import("./b.ts")).eight);',
    "src/i.ts": 'import("./a.ts").then(({ Five }) => new Five()); let seven: import("./b.ts").Seven;',
    "src/j.ts": 'import ten from "./c.ts"; import * as d from "./d.ts"; ten(d);',
  };
  const modules = Object.entries(sources).map(([path, source]) => parseModule(path, source));
  assertEquals(unusedExports(modules), [
    "src/a.ts:1: three",
    "src/b.ts:4: nine",
    "src/c.ts:2: eleven",
    "src/e.ts:1: one",
    "src/e.ts:2: six",
    "src/f.ts:2: own",
  ]);
  assertEquals(unusedExports(modules, "src/e.ts").some((line) => line.startsWith("src/e.ts")), false);
});

Deno.test("every export in src/ is imported by another file", () => {
  const modules = readModules("main.ts", "src", "scripts", "bench", "lint", "tests");
  const unused = unusedExports(modules, config.exports.replace("./", ""));
  assertEquals(unused, [], "take `export` away where only its own file uses it, else the whole declaration");
});
