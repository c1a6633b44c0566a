/** import.meta and the like refer to the source file, and stacks name it. */

import { assertEquals, assertMatch } from "../../assert.ts";
import { testAnswer, TestHost } from "../test_host.ts";

testAnswer(
  "import.meta describes the source file",
  {
    "main.ts": `
    import { here } from "./lib/here.ts";
    const { url, dirname, filename, main } = import.meta;
    const all = [url, dirname, filename, main, import.meta.resolve("./x.ts"), import.meta.resolve("npm:x"), ...here];
    export default { fetch: () => new Response(all.join("\\n")) };`,
    "lib/here.ts": `export const here = [import.meta.url, import.meta.dirname, import.meta.resolve("../y")];`,
  },
  [
    "file://<app>/main.ts",
    "<app>",
    "<app>/main.ts",
    "true",
    "file://<app>/x.ts",
    "npm:x",
    "file://<app>/lib/here.ts",
    "<app>/lib",
    "file://<app>/y",
  ].join("\n"),
);

testAnswer("import.meta.resolve finds packages", {
  "main.ts": `export default { fetch: () => new Response(import.meta.resolve("a")) };`,
  "node_modules/a/package.json": `{ "name": "a", "main": "lib/a.js" }`,
  "node_modules/a/lib/a.js": "",
}, "file://<app>/node_modules/a/lib/a.js");

testAnswer("require.resolve starts at the package's own file", {
  "main.ts": `import a from "a"; export default { fetch: () => new Response(a.join("\\n")) };`,
  "node_modules/a/index.js":
    `module.exports = [require.resolve("./lib/x.js"), require.resolve("b"), require.resolve("fs"),
    (() => { try { require.resolve("none"); } catch (error) { return error.code; } })()];`,
  "node_modules/a/lib/x.js": "",
  "node_modules/a/node_modules/b/index.js": "",
}, "<app>/node_modules/a/lib/x.js\n<app>/node_modules/a/node_modules/b/index.js\nfs\nMODULE_NOT_FOUND");

testAnswer("files are read relative to the source", {
  "main.ts": `
    import { readFileSync } from "node:fs";
    import { text } from "./lib/a.ts";
    const own = await Deno.readTextFile(new URL("./data.txt", import.meta.url));
    export default { fetch: () => new Response(own + text + readFileSync(import.meta.dirname + "/data.txt")) };`,
  "data.txt": "main ",
  "lib/a.ts": `export const text = Deno.readTextFileSync(new URL("data.txt", import.meta.url));`,
  "lib/data.txt": "lib ",
}, "main lib main ");

testAnswer(
  "packages find their own files",
  {
    "main.ts":
      `import cjs from "cjs"; import esm from "esm"; export default () => Response.json([cjs, esm]);`,
    "node_modules/cjs/package.json": `{ "name": "cjs" }`,
    "node_modules/cjs/index.js": `module.exports = [__dirname, __filename, require("./lib")];`,
    "node_modules/cjs/lib/index.js": `module.exports = __dirname;`,
    "node_modules/esm/package.json": `{ "name": "esm", "type": "module", "exports": "./esm.js" }`,
    // A constant of the same name in a package stays as it is.
    "node_modules/esm/esm.js": `import { dirname } from "node:path"; import { fileURLToPath } from "node:url";
    const __dirname = dirname(fileURLToPath(import.meta.url)); export default [__dirname, import.meta.filename];`,
  },
  `[["<app>/node_modules/cjs","<app>/node_modules/cjs/index.js","<app>/node_modules/cjs/lib"],` +
    `["<app>/node_modules/esm","<app>/node_modules/esm/esm.js"]]`,
);

const main = `#!/usr/bin/env -S deno run
// The first line after the hashbang is a comment.
import { fail } from "./lib/fail.ts"; const data = Deno.readTextFileSync(new URL("./data%20%23%25.txt", import.meta.url));
export default { fetch() { try { return fail(); } catch (error) { return new Response(error.stack + data); } } };
`;
const failing = `interface Pad { line: 1 }

export function fail(): never {
  throw new TypeError("no");
}
`;

for (const name of ["app", "with space", "100%25 #1 ?q=1&x", "größe-日本", "a;b'c", "[id]*"]) {
  Deno.test(`stacks and import.meta name the source, in a folder called ${name}`, async () => {
    using host = new TestHost({ "main.ts": main, "lib/fail.ts": failing, "data #%.txt": "\ndata" }, name);
    const [heading, ...frames] = (await host.answer()).split("\n");
    assertEquals(heading, "TypeError: no");
    assertEquals(
      frames.map((line) => decodeURIComponent(line).replace(host.folder, "<app>").replace(/.* \(?/, "")),
      [
        "file://<app>/lib/fail.ts:4:9)",
        "file://<app>/main.ts:4:41)",
        "data",
      ],
    );
  });
}

Deno.test("a module that uses import.meta keeps its lines and columns", async () => {
  using host = new TestHost({
    "main.tsx": `/** @jsxImportSource ./jsx */ export const a = import.meta.url;
function fail() { return new Error("x").stack; }
export default () => new Response(fail());`,
    "jsx/jsx-runtime.ts": "",
  });
  assertMatch(await host.answer("main.tsx"), /<app>\/main\.tsx:2:26\)\n.*<app>\/main\.tsx:3:35/);
});
