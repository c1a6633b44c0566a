/** Why an app cannot be bundled: one message with the place, the cause and what to do. */

import { assertEquals, assertMatch } from "../../assert.ts";
import { testFailure, TestHost } from "../test_host.ts";

const app = "export default () => new Response();";

testFailure(
  "a syntax error",
  {
    "main.ts": `import "./a.ts";\n${app}`,
    "a.ts": `export const x = {\n  y: 1;\n};`,
  },
  "app-syntax",
  `cannot load the app: a.ts:2:7: Expected "}" but found ";"`,
);

testFailure(
  "a syntax error in JSON",
  {
    "main.ts": `import "./x.json";\n${app}`,
    "x.json": `{\n "a": 1,\n}`,
  },
  "app-syntax",
  `cannot load the app: x.json:2:8: JSON does not support trailing commas`,
);

testFailure(
  "an import that a file does not export",
  {
    "main.ts": `import { valeu } from "./a.ts";\nexport default () => valeu;`,
    "a.ts": `export const value = 1;`,
  },
  "app-syntax",
  `cannot load the app: main.ts:1:10: No matching export in "a.ts" for import "valeu": ` +
    `Did you mean to import "value" instead?`,
);

testFailure(
  "a syntax error in deno.json",
  {
    "deno.json": `{\n  "imports": { "a" "b" }\n}`,
    "main.ts": app,
  },
  "app-syntax",
  `cannot read deno.json:2:20: Expected ':' after property name`,
);

testFailure(
  "a syntax error in the deno.json of another project",
  { "main.ts": `import "./lib/a.ts";\n${app}`, "lib/a.ts": `import "x";`, "lib/deno.json": "{ oops }" },
  "app-syntax",
  "cannot read lib/deno.json:1:3: Expected property name or '}'",
);

testFailure(
  "a missing file with another extension",
  { "main.ts": `${app}\nimport "./lib/utils.js";`, "lib/utils.mjs": "" },
  "app-package-missing",
  `cannot load the app: main.ts:2:8: no such file: "./lib/utils.js": did you mean "./lib/utils.mjs"?`,
);

testFailure(
  "a missing file with a similar name",
  { "main.ts": `import "../app/utlis.ts";\n${app}`, "utils.ts": "" },
  "app-package-missing",
  `cannot load the app: main.ts:1:8: no such file: "../app/utlis.ts": did you mean "../app/utils.ts"?`,
);

testFailure(
  "a missing file that is imported through the map",
  {
    "deno.json": `{ "imports": { "@/": "./src/" } }`,
    "main.ts": `import "@/utils.ts";\n${app}`,
    "src/util.ts": "",
  },
  "app-package-missing",
  `cannot load the app: main.ts:1:8: no such file: "src/utils.ts": did you mean "src/util.ts"?`,
);

testFailure(
  "a missing directory",
  { "main.ts": `import "./no/where.ts";\n${app}` },
  "app-package-missing",
  `cannot load the app: main.ts:1:8: no such file: "./no/where.ts" (no directory no)`,
);

testFailure(
  "a missing package",
  { "main.ts": `import "zod/v4";\n${app}` },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "zod" is not installed: run `npm install zod`',
);

testFailure(
  "a missing package where there is a deno.json",
  { "deno.json": "{}", "main.ts": `import "@s/zod/v4";\n${app}` },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "@s/zod" is not installed: run `npm install @s/zod`, ' +
    'or add "@s/zod" to the imports of deno.json',
);

testFailure(
  "a missing package with a name similar to a mapped one",
  { "deno.json": `{ "imports": { "hono": "npm:hono@4" } }`, "main.ts": `import "hnoo";\n${app}` },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "hnoo" is not installed: did you mean "hono"?',
);

testFailure(
  "a package of package.json that is not installed",
  { "package.json": `{ "dependencies": { "zod": "^4" } }`, "main.ts": `import "zod";\n${app}` },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "zod" of package.json is not installed: run `npm install`',
);

testFailure(
  "a package of deno.json, which keeps packages out of node_modules",
  { "deno.json": `{ "imports": { "hono": "npm:hono@^4.1" } }`, "main.ts": `import "hono/jsx";\n${app}` },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "hono" (npm:hono@^4.1 in deno.json) is not in node_modules: ' +
    'set "nodeModulesDir": "auto" in deno.json and run `deno install`, or `npm install hono@^4.1`',
);

testFailure(
  "a package of deno.json that is not installed",
  {
    "deno.jsonc": `{ "nodeModulesDir": "auto", "imports": { "hono": "npm:hono@4" } }`,
    "main.ts": `import "hono";\n${app}`,
  },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "hono" (npm:hono@4 in deno.jsonc) is not in node_modules: ' +
    "run `deno install`",
);

testFailure(
  "an npm: specifier that is not installed",
  { "main.ts": `import "npm:@s/hono@4/jsx";\n${app}` },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "@s/hono" is not in node_modules: run `npm install @s/hono@4`',
);

testFailure(
  "a subpath that a package does not export",
  {
    "main.ts": `import "a/inner";\n${app}`,
    "node_modules/a/package.json": `{ "exports": "./a.js" }`,
    "node_modules/a/a.js": "",
    "node_modules/a/inner.js": "",
  },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "a" is installed but does not export "a/inner": ' +
    "see the exports of its package.json",
);

testFailure(
  "the same by an npm: specifier",
  {
    "main.ts": `import "npm:a@1/inner";\n${app}`,
    "node_modules/a/package.json": `{ "version": "1.0.0", "exports": "./a.js" }`,
  },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: package "a" is installed but does not export "a/inner": ' +
    "see the exports of its package.json",
);

testFailure(
  "a package that a package needs and that is missing",
  {
    "main.ts": `import "a";\n${app}`,
    "node_modules/a/index.mjs": `import "b";`,
    "node_modules/a/package.json": `{ "main": "index.mjs" }`,
  },
  "app-package-missing",
  'cannot load the app: node_modules/a/index.mjs:1:8: package "b", which "a" needs, is not installed: ' +
    "run `npm install b`",
);

testFailure(
  "a file named like a package",
  { "main.ts": `import "utils.ts";\n${app}`, "utils.ts": "" },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: "utils.ts" names a package: write "./utils.ts" for the file beside this one',
);

testFailure(
  "JSX without a configuration",
  { "main.tsx": `export default () => new Response(<p>hi</p>);` },
  "app-package-missing",
  'cannot load the app: main.tsx:1:35: JSX uses React by default, and "react" is not installed: ' +
    'set "jsxImportSource" in the compilerOptions of deno.json, such as "hono/jsx"',
  "main.tsx",
);

testFailure(
  "an unknown # name",
  { "main.ts": `import "#x";\n${app}` },
  "app-package-missing",
  'cannot load the app: main.ts:1:8: "#x" is not among the imports of the nearest package.json or deno.json',
);

testFailure(
  "an https: import",
  { "main.ts": `import "https://deno.land/x/a.ts";\n${app}` },
  "app-import-unsupported",
  'cannot load the app: main.ts:1:8: "https://deno.land/x/a.ts" is on the network, and a server should ' +
    "not load code from there: save the file in the project and import that, map it to the copy in the imports of deno.json, " +
    "or use its npm package",
);

testFailure(
  "a jsr: import that is not installed",
  { "deno.json": `{ "imports": { "@std/a": "jsr:@std/a@1" } }`, "main.ts": `import "@std/a/b";\n${app}` },
  "app-import-unsupported",
  'cannot load the app: main.ts:1:8: "jsr:@std/a" is not in node_modules, and a bundle loads nothing from the ' +
    "network: run `npx jsr add @std/a`",
);

testFailure(
  "an import of another runtime",
  { "main.ts": `import "bun:sqlite";\n${app}` },
  "app-import-unsupported",
  'cannot load the app: main.ts:1:8: "bun:sqlite" is a kind of import that only other runtimes support: ' +
    "import a file or an npm package",
);

testFailure(
  "a style sheet",
  { "main.ts": `import "./a.css";\n${app}`, "a.css": "" },
  "app-import-unsupported",
  'cannot load the app: main.ts:1:8: "a.css" is not a module: import it with { type: "text" } or { type: "bytes" }',
);

testFailure(
  "a file that is not a module",
  { "main.ts": `import "./a.html";\n${app}`, "a.html": "" },
  "app-import-unsupported",
  'cannot load the app: main.ts:1:8: "a.html" is not a module: import it with { type: "text" } or ' +
    '{ type: "bytes" }',
);

testFailure(
  "broken WebAssembly",
  { "main.ts": `import "./a.wasm";\n${app}`, "a.wasm": "no" },
  "app-syntax",
  'cannot load the app: main.ts:1:8: "a.wasm" is not valid WebAssembly',
);

Deno.test("a file that cannot be read", async () => {
  using host = new TestHost({ "main.ts": `import "./a.ts";\n${app}`, "a.ts": { link: "/proc/1/mem" } });
  const { code, message } = await host.failure();
  assertEquals(code, "app-not-found");
  assertMatch(
    message,
    /^cannot load the app: main\.ts:1:8: Cannot read file ".*\/proc\/1\/mem": permission denied$/,
  );
});

Deno.test("the detail shows the line with a caret, and the other faults", async () => {
  using host = new TestHost({ "main.ts": `/* ü */ import "./a.ts"; import.meta;\nimport "b";\n${app}` });
  const { message, detail } = await host.failure();
  assertMatch(message, /^cannot load the app: main\.ts:1:16: no such file/);
  assertEquals(
    detail,
    `  1 | /* ü */ import "./a.ts"; import.meta;
    |                ^
main.ts:2:8: package "b" is not installed: run \`npm install b\`
  2 | import "b";
    |        ^`,
  );
});

Deno.test("a long line is cut to the part around the fault", async () => {
  const long = "/*" + "-".repeat(500) + "*/";
  using host = new TestHost({ "main.ts": `${long} import "./nothing.ts"; ${long}` });
  const [line = "", caret = ""] = (await host.failure()).detail?.split("\n") ?? [];
  assertMatch(line, /^  1 \| …-+\*\/ import "\.\/nothing\.ts"; \/\*-+…$/);
  assertEquals(line.slice(caret.indexOf("^")).startsWith(`"./nothing.ts"`), true);
});
