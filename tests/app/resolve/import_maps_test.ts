/** The import maps of the app's own deno.json. */

import { testAnswer } from "../test_host.ts";

function answering(imports: string, value: string): string {
  return `${imports}\nexport default { fetch: () => Response.json(${value}) };`;
}

testAnswer("exact names, prefixes, and the longest prefix first", {
  "deno.json":
    `{ "imports": { "lib": "./src/lib.ts", "@/": "./src/", "@/deep/": "./other/", "~/x": "./src/x.ts" } }`,
  "main.ts": answering(
    `import lib from "lib"; import a from "@/a.ts"; import b from "@/deep/b.ts"; import x from "~/x";`,
    "[lib, a, b, x]",
  ),
  "src/lib.ts": `export { default } from "@/a.ts";`,
  "src/a.ts": `export default "a";`,
  "other/b.ts": `export default "b";`,
  "src/x.ts": `export default "x";`,
}, `["a","a","b","x"]`);

testAnswer("a package mapped by name makes its subpaths work", {
  "deno.jsonc": `{
    // With comments and a trailing comma.
    "imports": { "h": "npm:h@^4", "j": "jsr:@s/j@1", "only/": "npm:/only@1/", },
  }`,
  "main.ts": answering(
    `import h from "h"; import sub from "h/sub"; import j from "j/sub"; import only from "only/sub";`,
    "[h, sub, j, only]",
  ),
  "node_modules/h/package.json":
    `{ "version": "4.2.0", "exports": { ".": "./h.mjs", "./sub": "./sub.mjs" } }`,
  "node_modules/h/h.mjs": `export default "h";`,
  "node_modules/h/sub.mjs": `export default "h/sub";`,
  "node_modules/@jsr/s__j/sub.js": `module.exports = "j/sub";`,
  "node_modules/only/sub.js": `module.exports = "only/sub";`,
}, `["h","h/sub","j/sub","only/sub"]`);

testAnswer("an import map in a separate file", {
  "deno.json": `{ "importMap": "./config/map.json" }`,
  "config/map.json": `{ "imports": { "lib": "../lib.ts" } }`,
  "main.ts": answering(`import lib from "lib";`, "lib"),
  "lib.ts": `export default "lib";`,
}, `"lib"`);

testAnswer("scopes", {
  "deno.json": `{ "imports": { "x": "./one.ts" }, "scopes": { "./sub/": { "x": "./two.ts" } } }`,
  "main.ts": answering(`import x from "x"; import sub from "./sub/a.ts";`, "[x, sub]"),
  "sub/a.ts": `export { default } from "x";`,
  "one.ts": `export default 1;`,
  "two.ts": `export default 2;`,
}, "[1,2]");

testAnswer("https: and relative imports that the map changes", {
  "deno.json": `{ "imports": { "https://host.test/": "./vendor/", "./fast.ts": "./slow.ts", "/": "./" } }`,
  "main.ts": answering(
    `import a from "https://host.test/a.ts"; import b from "./fast.ts"; import c from "/slow.ts";`,
    "[a, b, c]",
  ),
  "vendor/a.ts": `export default "vendored";`,
  "slow.ts": `export default "slow";`,
}, `["vendored","slow","slow"]`);

testAnswer("a map may name modules of the runtime", {
  "deno.json": `{ "imports": { "paths": "node:path", "fs": "./fake.ts" } }`,
  "main.ts": answering(`import { sep } from "paths"; import fs from "fs";`, "[sep, fs]"),
  "fake.ts": `export default "fake";`,
}, `["/","fake"]`);

testAnswer("packages do not see the app's map", {
  "deno.json": `{ "imports": { "dep": "./mine.ts" } }`,
  "main.ts": answering(`import dep from "dep"; import a from "a";`, "[dep, a]"),
  "mine.ts": `export default "mine";`,
  "node_modules/a/index.js": `module.exports = require("dep");`,
  "node_modules/dep/index.js": `module.exports = "installed";`,
}, `["mine","installed"]`);

testAnswer(
  "the nearest deno.json above each file, then that of the app",
  {
    "app/deno.json": `{ "imports": { "x": "./x.ts", "y": "./y.ts" } }`,
    "app/main.ts": answering(`import x from "x"; import shared from "../shared/a.ts";`, "[x, shared]"),
    "app/x.ts": `export default "x of app";`,
    "app/y.ts": `export default "y of app";`,
    "shared/deno.json": `{ "imports": { "x": "./x.ts" } }`,
    "shared/a.ts": `import x from "x"; import y from "y"; export default [x, y];`,
    "shared/x.ts": `export default "x of shared";`,
  },
  `["x of app",["x of shared","y of app"]]`,
  "app/main.ts",
);

testAnswer(
  "a workspace: members by name, and what the root maps",
  {
    "deno.json": `{ "workspace": ["./app", "./packages/*"], "imports": { "root": "./root.ts" } }`,
    "root.ts": `export default "root";`,
    "app/deno.json": `{ "imports": { "own": "./own.ts" } }`,
    "app/own.ts": `export default "own";`,
    "app/main.ts": answering(
      `import own from "own"; import root from "root"; import lib from "@acme/lib"; import sub from "@acme/lib/sub";`,
      "[own, root, lib, sub]",
    ),
    "packages/lib/deno.json": `{ "name": "@acme/lib", "exports": { ".": "./mod.ts", "./sub": "./sub.ts" } }`,
    "packages/lib/mod.ts": `export default "lib";`,
    "packages/lib/sub.ts": `export { default } from "root";`,
  },
  `["own","root","lib","root"]`,
  "app/main.ts",
);

testAnswer("the imports of package.json", {
  "package.json": `{ "imports": { "#x": "./x.ts" } }`,
  "main.ts": answering(`import x from "#x";`, "x"),
  "x.ts": `export default "x";`,
}, `"x"`);
