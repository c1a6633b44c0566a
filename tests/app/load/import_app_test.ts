/** Errors when a worker imports the bundle, with the files and lines of the app. */

import { assertEquals } from "../../assert.ts";
import { testFailure, TestHost } from "../test_host.ts";

testFailure(
  "a throw at import",
  {
    "main.ts": `import { connect } from "./db.ts";\nexport const db = connect();\nexport default () => db;`,
    "db.ts": `export function connect(): never {\n  throw new TypeError("no database");\n}`,
  },
  "app-throws",
  "cannot load the app: db.ts:2:9: it throws while it is imported: TypeError: no database",
);

testFailure(
  "a rejection at import, after a while",
  {
    "main.ts":
      `await new Promise((resolve) => setTimeout(resolve, 2));\nthrow new Error("late\\nline 2");\nexport default 1;`,
  },
  "app-throws",
  "cannot load the app: main.ts:2:7: it throws while it is imported: Error: late",
);

testFailure(
  "a throw of something that is not an Error",
  { "main.ts": `throw "text";\nexport default 1;` },
  "app-throws",
  'cannot load the app: main.ts: it throws while it is imported: "text" (a string, not an Error)',
);

testFailure(
  "a throw of a bare object",
  { "main.ts": `throw Object.assign(Object.create(null), { status: 500 });\nexport default 1;` },
  "app-throws",
  "cannot load the app: main.ts: it throws while it is imported: { status: 500 } (not an Error)",
);

testFailure(
  "a throw in a package names the app's line",
  {
    "main.ts": `import a from "a";\n\nexport default a();`,
    "node_modules/a/index.js": `module.exports = () => null.x;`,
  },
  "app-throws",
  "cannot load the app: main.ts:3:16: it throws while it is imported: " +
    "TypeError: Cannot read properties of null (reading 'x')",
);

testFailure(
  "a name that a module of the runtime does not have",
  { "main.ts": `import { nothing } from "node:path";\nexport default nothing;` },
  "app-throws",
  "cannot load the app: main.ts:1:10: it throws while it is imported: SyntaxError: " +
    "The requested module 'node:path' does not provide an export named 'nothing'",
);

testFailure(
  "a computed require of a missing file",
  {
    "main.ts": `import load from "a";\nexport default load("no" + "thing");`,
    "node_modules/a/index.js": `module.exports = (name) => require(name);`,
  },
  "app-package-missing",
  'cannot load the app: main.ts:2:16: package "nothing" is not installed: run `npm install nothing`',
);

testFailure(
  "a package that requires a package that is not installed",
  { "main.ts": `import "a";\nexport default 1;`, "node_modules/a/index.js": `\nrequire("@s/b/c");` },
  "app-package-missing",
  'cannot load the app: node_modules/a/index.js:2:1: package "@s/b" is not installed: run `npm install @s/b`',
);

testFailure(
  "the wrong kind of export",
  { "main.ts": `export default { fetsh() {} };` },
  "app-export-kind",
  "cannot load the app: the default export of main.ts is an object without fetch (keys: fetsh): an app is an object " +
    "with fetch(request, info), such as a Hono app, or a function (request, info) => Response, or an Express, Fastify " +
    "or Koa app, or a server of node:http",
);

Deno.test("the detail contains only the frames of the app and the causes of the error", async () => {
  using host = new TestHost({
    "main.ts": `import run from "a";
import { readFileSync } from "node:fs";
run(() => {
  try {
    readFileSync("/nothing");
  } catch (cause) {
    throw new Error("cannot start", { cause });
  }
});
export default () => new Response();`,
    "node_modules/a/index.js": `module.exports = (start) => start();`,
  });
  const { message, detail } = await host.failure();
  assertEquals(
    message,
    "cannot load the app: main.ts:7:11: it throws while it is imported: Error: cannot start",
  );
  assertEquals(detail?.split("\n").map((line) => line.replace("file://", "")), [
    "Error: cannot start",
    "    at main.ts:7:11",
    "    at module.exports (node_modules/a/index.js:1:29)",
    "    at main.ts:3:1",
    "Caused by: Error: ENOENT: no such file or directory, open '/nothing'",
    "    at main.ts:5:5",
    "    at module.exports (node_modules/a/index.js:1:29)",
    "    at main.ts:3:1",
  ]);
});
