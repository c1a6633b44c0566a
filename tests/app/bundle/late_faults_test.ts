/** What cannot be bundled fails where the app reaches it, as in plain Deno, unless the app imports it at its start. */

import { assertEquals } from "../../assert.ts";
import { testAnswer, testFailure, TestHost } from "../test_host.ts";

/** An app that responds with the JSON of what each of `attempts` returns, or with the code of what it throws. */
function attempting(attempts: string, before = ""): string {
  return `${before}
    const attempt = async (reach: () => unknown) => {
      try { return await reach(); } catch (error) { return (error as { code?: string }).code ?? String(error); }
    };
    export default { async fetch() {
      const results = [];
      for (const reach of [${attempts}]) results.push(await attempt(reach));
      return Response.json(results);
    } };`;
}

testAnswer("a pattern that also matches files that are no modules, or broken ones", {
  "main.ts": attempting(
    `async () => (await page("home.ts")).default, () => page("README.md"), () => page("style.css"),
      () => page("broken.ts"), () => page("lost.ts"), () => page("broken.ts")`,
    "const page = (name: string) => import(`./pages/${name}`);",
  ),
  "pages/home.ts": `export default "home";`,
  "pages/README.md": "# Pages",
  "pages/style.css": "p {}",
  "pages/broken.ts": "export const x = {",
  "pages/lost.ts": `import "not-installed";`,
}, `["home",${Array(5).fill('"MODULE_NOT_FOUND"').join(",")}]`);

testAnswer("the same in a package, outside of try", {
  "main.ts": attempting(
    `() => load("en"), () => load("README.md"), () => load("en.js.map")`,
    `import load from "a";`,
  ),
  "node_modules/a/index.js": `module.exports = (name) => require("./locale/" + name);`,
  "node_modules/a/locale/en.js": `module.exports = "english";`,
  "node_modules/a/locale/en.js.map": "{}",
  "node_modules/a/locale/README.md": "# Locales",
  "node_modules/a/locale/test.js": `import { nothing } from "./en.mjs"; export { nothing };`,
  "node_modules/a/locale/en.mjs": `export default 1;`,
}, `["english","MODULE_NOT_FOUND","MODULE_NOT_FOUND"]`);

testAnswer("a pattern that matches nothing, in a directory that is not there", {
  "main.ts": attempting(`() => load("x"), () => load.late("y")`, `import load from "a";`),
  "node_modules/a/index.js": `module.exports = (name) => require("./chunks/" + name + ".js");
    module.exports.late = (name) => import(\`./none/\${name}.mjs\`);`,
}, `["MODULE_NOT_FOUND","ERR_MODULE_NOT_FOUND"]`);

testAnswer("a file that only some cases require", {
  "main.ts": attempting(
    `() => a.dev(), () => a.dev(), () => import("./dev.ts"), () => import("./dev.ts"), () => import("not-installed")`,
    `import a from "./a.cjs"; const never = () => import("https://example.com/x.ts");`,
  ),
  "a.cjs": `if (process.env.NEVER === "set") require("./dev-only");
    exports.dev = () => require("./dev-only");`,
}, `[${Array(5).fill('"MODULE_NOT_FOUND"').join(",")}]`);

Deno.test("a file of the app that is imported later and is missing gives a warning", async () => {
  using host = new TestHost({
    "main.ts": `export default async () => Response.json(await import("./utlis.ts"));`,
    "utils.ts": "",
  });
  const { warnings } = await host.bundle();
  assertEquals(warnings.map((warning) => warning.replaceAll(host.folder, "")), [
    `/main.ts:1:55: no such file: "./utlis.ts": did you mean "./utils.ts"?: the import fails when it is reached`,
  ]);
});

testFailure(
  "a broken file that is imported at the start, beside one that a pattern matches",
  {
    "main.ts": `import "./a.ts";\nexport default (name: string) => import(\`./pages/\${name}\`);`,
    "a.ts": `import "./b.ts";`,
    "b.ts": `const x = {\n  y: 1;`,
    "pages/README.md": "# Pages",
  },
  "app-syntax",
  `cannot load the app: b.ts:2:7: Expected "}" but found ";"`,
);

testFailure(
  "a missing file that is required at the start",
  { "main.js": `const a = require("./utlis");\nmodule.exports = a;`, "utils.js": "" },
  "app-package-missing",
  `cannot load the app: main.js:1:11: no such file: "./utlis": did you mean "./utils.js"?`,
  "main.js",
);

testFailure(
  "a broken file that is required at the start",
  { "main.js": `\nmodule.exports = require("./b");`, "b.js": `const x = {\n  y: 1;` },
  "app-syntax",
  `cannot load the app: b.js:2:7: Expected "}" but found ";"`,
  "main.js",
);

testAnswer("a package whose file for Deno was not copied", {
  "main.ts": `import a from "a"; import b from "npm:b@1/sub"; export default () => Response.json([a, b]);`,
  "node_modules/a/package.json":
    `{ "exports": { "deno": "./deno.mjs", "import": "./a.mjs", "require": "./a.cjs" } }`,
  "node_modules/a/a.mjs": `export default "import";`,
  "node_modules/b/package.json":
    `{ "version": "1.0.0", "exports": { "./sub": { "deno": "./deno.mjs", "default": "./sub.mjs" } } }`,
  "node_modules/b/sub.mjs": `export default "sub";`,
}, `["import","sub"]`);
