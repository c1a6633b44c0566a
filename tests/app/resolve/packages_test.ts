/** Packages in `node_modules`, and the specifiers that name them. */

import { assertEquals } from "../../assert.ts";
import { testAnswer, TestHost, type Tree } from "../test_host.ts";

/** An app that responds with the JSON of `value`. */
function answering(imports: string, value: string): string {
  return `${imports}\nexport default { fetch: () => Response.json(${value}) };`;
}

/** A package of one ES module that exports its name and version. */
function esm(folder: string, version = "1.0.0"): Tree {
  const name = folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
  return {
    [`${folder}/package.json`]: JSON.stringify({
      name,
      version,
      type: "module",
      exports: { ".": "./index.js", "./sub": "./sub.js" },
    }),
    [`${folder}/index.js`]: `export default "${name}@${version}";`,
    [`${folder}/sub.js`]: `export default "${name}@${version}/sub";`,
  };
}

testAnswer("bare specifiers, scopes and subpaths, nearest node_modules first", {
  ...esm("node_modules/a"),
  ...esm("node_modules/@s/b"),
  ...esm("lib/node_modules/a", "2.0.0"),
  "main.ts": answering(
    `import a from "a"; import sub from "a/sub"; import b from "@s/b/sub"; import lib from "./lib/x.ts";`,
    "[a, sub, b, lib]",
  ),
  "lib/x.ts": `import a from "a"; export default a;`,
}, `["a@1.0.0","a@1.0.0/sub","@s/b@1.0.0/sub","a@2.0.0"]`);

testAnswer("exports by condition: deno before node, import and require separately", {
  "main.ts": answering(
    `import a from "a"; import b from "b"; import c from "c"; import viaRequire from "d";`,
    "[a, b, c, viaRequire]",
  ),
  "node_modules/a/package.json":
    `{ "exports": { "browser": "./x.js", "deno": "./deno.mjs", "node": "./x.js" } }`,
  "node_modules/a/deno.mjs": `export default "deno";`,
  "node_modules/b/package.json": `{ "exports": { "node": "./node.mjs", "default": "./x.js" } }`,
  "node_modules/b/node.mjs": `export default "node";`,
  "node_modules/c/package.json": `{ "exports": { "import": "./c.mjs", "require": "./c.cjs" } }`,
  "node_modules/c/c.mjs": `export default "import";`,
  "node_modules/c/c.cjs": `module.exports = "require";`,
  "node_modules/d/index.js": `module.exports = require("c");`,
}, `["deno","node","import","require"]`);

testAnswer("CommonJS: require, exports, built-ins by both names, JSON, require.resolve", {
  "main.ts": answering(`import a, { sum } from "a";`, "[a.all, sum(1, 2)]"),
  "node_modules/a/index.js": `
    const { sep } = require("path"); const fs = require("node:fs");
    exports.sum = (x, y) => x + y;
    exports.all = [sep, typeof fs.readFileSync, require("./data").n, require.resolve("node:fs"), typeof require];`,
  "node_modules/a/data.json": `{ "n": 7 }`,
}, `[["/","function",7,"node:fs","function"],3]`);

testAnswer("a computed require starts at the app", {
  "main.ts": answering(`import load from "loader";`, `[load("plug" + "in"), load("node:" + "path").sep]`),
  "node_modules/loader/index.js": `module.exports = (name) => require(name);`,
  "node_modules/plugin/index.js": `module.exports = "plugin";`,
}, `["plugin","/"]`);

testAnswer("the default import of a CommonJS package is all of module.exports, as in Deno", {
  "main.ts": answering(
    `import a, { named } from "a"; import * as all from "a";`,
    "[Object.keys(a), named, Object.keys(all)]",
  ),
  "node_modules/a/index.js": `Object.defineProperty(exports, "__esModule", { value: true });
    exports.default = class {}; exports.named = 1;`,
}, `[["default","named"],1,["default","named"]]`);

testAnswer("a missing package that is only required in some cases", {
  "main.ts": answering(
    `import a from "a";`,
    "[a.kind, attempt(a.mysql), attempt(a.sqlite)]",
  ).replace(
    "export",
    `const attempt = (f) => { try { f(); } catch (error) { return error.code; } };\nexport`,
  ),
  "node_modules/a/index.js": `exports.kind = "pg"; exports.mysql = () => require("mysql/driver");
    exports.sqlite = () => require("@s/sqlite"); exports.later = () => import("later");`,
}, `["pg","MODULE_NOT_FOUND","MODULE_NOT_FOUND"]`);

testAnswer("a package that was bundled by esbuild keeps its own import helpers", {
  "main.ts": answering(`import a from "a";`, "a"),
  "node_modules/a/package.json": `{ "type": "module", "exports": "./a.js" }`,
  "node_modules/a/a.js": `
    var toESM = (mod, isNodeMode) => isNodeMode || !mod || !mod.__esModule ? { default: mod } : mod;
    export default toESM({ __esModule: true, default: 1 }).default;`,
}, "1");

testAnswer("an optional package that is missing", {
  "main.ts": answering(`import a from "a";`, "a"),
  "node_modules/a/index.js":
    `try { module.exports = require("fast"); } catch (error) { module.exports = error.code; }`,
}, `"MODULE_NOT_FOUND"`);

testAnswer("a native addon that a package can do without", {
  "main.ts": answering(`import a from "a"; import b from "b";`, "[a, b]"),
  "node_modules/a/index.js":
    `try { require("./build/x.node"); } catch (error) { module.exports = error.code; }`,
  "node_modules/a/build/x.node": "\x7fELF",
  "node_modules/b/index.js":
    `try { require("node-gyp-build")(__dirname); } catch { module.exports = "plain"; }`,
}, `["ERR_DLOPEN_FAILED","plain"]`);

testAnswer("timers of packages are objects", {
  "main.ts": answering(`import a from "a";`, "a"),
  "node_modules/a/index.js": `const timer = setInterval(() => {}, 1e6); timer.unref();
    module.exports = [typeof timer, timer.hasRef()]; clearInterval(timer);`,
}, `["object",false]`);

testAnswer("npm: specifiers with version and subpath", {
  ...esm("node_modules/a", "3.1.0"),
  ...esm("node_modules/@s/b"),
  "main.ts": answering(
    `import a from "npm:a@3"; import sub from "npm:a@^3.0.0/sub"; import b from "npm:@s/b"; import bare from "a";`,
    "[a, sub, b, bare]",
  ),
}, `["a@3.1.0","a@3.1.0/sub","@s/b@1.0.0","a@3.1.0"]`);

testAnswer("npm: specifiers of two versions, as Deno and pnpm install them", {
  ...esm("node_modules/.deno/a@3.1.0/node_modules/a", "3.1.0"),
  ...esm("node_modules/.deno/a@4.0.2/node_modules/a", "4.0.2"),
  ...esm("node_modules/.pnpm/@s+b@1.5.0/node_modules/@s/b", "1.5.0"),
  ...esm("node_modules/.pnpm/@s+b@2.0.0_peer@1.0.0/node_modules/@s/b", "2.0.0"),
  "node_modules/a": { link: ".deno/a@4.0.2/node_modules/a" },
  "node_modules/@s/b": { link: "../.pnpm/@s+b@1.5.0/node_modules/@s/b" },
  "main.ts": answering(
    `import a3 from "npm:a@3"; import a4 from "npm:a@^4.0.0"; import b from "npm:@s/b@2";`,
    "[a3, a4, b]",
  ),
}, `["a@3.1.0","a@4.0.2","@s/b@2.0.0"]`);

Deno.test("a version other than that of the npm: specifier is used with a warning", async () => {
  using host = new TestHost({
    ...esm("node_modules/a", "4.0.0"),
    "main.ts": answering(`import a from "npm:a@3";`, "a"),
  });
  const { warnings } = await host.bundle();
  assertEquals(warnings.map((warning) => warning.replace(host.folder, "")), [
    "/main.ts:1:15: npm:a@3 is imported, but node_modules has a 4.0.0",
  ]);
});

testAnswer("jsr: specifiers where the package is installed", {
  ...esm("node_modules/@jsr/s__a"),
  ...esm("node_modules/@s/b"),
  "main.ts": answering(`import a from "jsr:@s/a@1"; import b from "jsr:@s/b/sub";`, "[a, b]"),
}, `["@jsr/s__a@1.0.0","@s/b@1.0.0/sub"]`);

testAnswer("linked packages see their own dependencies, and one copy is one module", {
  "main.ts": answering(`import a from "a"; import { count } from "c"; a(); count();`, "[a(), count()]"),
  "node_modules/a": { link: ".pnpm/a@1/node_modules/a" },
  "node_modules/c": { link: ".pnpm/c@1/node_modules/c" },
  "node_modules/.pnpm/a@1/node_modules/a/package.json":
    `{ "name": "a", "type": "module", "exports": "./a.js" }`,
  "node_modules/.pnpm/a@1/node_modules/a/a.js": `import { count } from "c"; export default () => count();`,
  "node_modules/.pnpm/a@1/node_modules/c": { link: "../../c@1/node_modules/c" },
  "node_modules/.pnpm/c@1/node_modules/c/package.json":
    `{ "name": "c", "type": "module", "exports": "./c.js" }`,
  "node_modules/.pnpm/c@1/node_modules/c/c.js": `let n = 0; export const count = () => ++n;`,
}, "[3,4]");

testAnswer("createRequire reads JSON and modules next to a package's file", {
  "main.ts": answering(`import a from "a";`, "a"),
  "node_modules/a/package.json": `{ "name": "a", "version": "1.2.3", "type": "module", "exports": "./a.js" }`,
  "node_modules/a/a.js":
    `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);
    export default [require("./package.json").version, require("./b.cjs"), require("./lib/c"), require("d")];`,
  "node_modules/a/b.cjs": `module.exports = __filename.split("/").pop();`,
  "node_modules/a/lib/package.json": `{ "type": "commonjs" }`,
  "node_modules/a/lib/c.js": `exports.c = require("../b.cjs");`,
  "node_modules/d/index.js": `exports.d = 1;`,
}, `["1.2.3","b.cjs",{"c":"b.cjs"},{"d":1}]`);

testAnswer("files chosen by a pattern in import() and require()", {
  "main.ts": answering(
    `import load from "a";`,
    "[(await import(`./pages/${page()}.ts`)).default, load('en'), load('de')]",
  )
    .replace("fetch: ()", "fetch: async ()") + `\nconst page = () => "home";`,
  "pages/home.ts": `export default "home";`,
  "pages/other.ts": `export default "other";`,
  "node_modules/a/index.js": `module.exports = (language) => {
    try { return require("./locale/" + language); } catch (error) { return error.code; } };`,
  "node_modules/a/locale/en.js": `module.exports = "english";`,
}, `["home","english","MODULE_NOT_FOUND"]`);

testAnswer("data: imports", {
  "main.ts": answering(`import a from "data:text/javascript,export default 'data'";`, "a"),
}, `"data"`);
