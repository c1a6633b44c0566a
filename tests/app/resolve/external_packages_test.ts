/** Packages that are left out of the bundle. */

import { assertEquals, assertMatch } from "../../assert.ts";
import { TestHost, type Tree } from "../test_host.ts";

/** A package that is only what it should be if it is loaded from its own file. */
function unbundled(name: string, manifest: object = {}): Tree {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      version: "1.0.0",
      main: "lib/a.js",
      ...manifest,
    }),
    [`node_modules/${name}/lib/a.js`]: `const key = "./par" + "t";
      exports.name = require(key) + " of " + module.filename.split("/node_modules/").pop(); exports.kind = typeof module.paths;`,
    [`node_modules/${name}/lib/part.js`]: `module.exports = "part";`,
  };
}

const main = (name: string) =>
  `import all, { name } from "${name}"; export default () => Response.json([name, all.kind]);`;

Deno.test("a package that the app names", async () => {
  using host = new TestHost({ ...unbundled("@s/a"), "main.ts": main("@s/a") });
  for (const external of ["@s/a", "@s/*"]) {
    assertEquals(await host.answer("main.ts", [external]), `["part of @s/a/lib/a.js","object"]`);
  }
});

Deno.test("packages that load native addons, by what their package.json says", async () => {
  const manifests = [{ dependencies: { bindings: "1" } }, { napi: { binaryName: "a" } }, { gypfile: true }];
  for (const manifest of manifests) {
    using host = new TestHost({ ...unbundled("a", manifest), "main.ts": main("npm:a@1") });
    assertEquals(await host.answer(), `["part of a/lib/a.js","object"]`, JSON.stringify(manifest));
  }
});

Deno.test("a known package", async () => {
  using host = new TestHost({ ...unbundled("sharp"), "main.ts": main("sharp") });
  assertEquals(await host.answer(), `["part of sharp/lib/a.js","object"]`);
});

Deno.test("a package of another package, in its own node_modules", async () => {
  const inner = Object.entries(unbundled("sharp")).map(([path, text]) => [`node_modules/b/${path}`, text]);
  using host = new TestHost({
    "node_modules/b/index.js": `module.exports = require("sharp");`,
    ...Object.fromEntries(inner),
    "main.ts": main("b"),
  });
  assertEquals(await host.answer(), `["part of sharp/lib/a.js","object"]`);
});

const broken =
  /node_modules\/a\/x\.node is a native addon \(compiled code\) that Deno cannot load: .*(file too short|invalid ELF header).*: install it for this platform \(Deno loads addons made with Node-API\), or use a package in JavaScript or WebAssembly, or a module of the runtime such as node:sqlite$/;

Deno.test("an addon that Deno cannot load, with a message of its own package", async () => {
  using host = new TestHost({
    "main.ts": `import "a";\nexport default 1;`,
    "node_modules/a/index.js":
      `try { require("./x.node"); } catch (cause) { throw new Error("reinstall", { cause: new Error(cause.message) }); }`,
    "node_modules/a/x.node": "no addon",
  });
  const { code, message } = await host.failure();
  assertEquals(code, "app-import-unsupported");
  assertMatch(message, broken);
});

Deno.test("an addon that Deno cannot load: what Deno says, and what to do", async () => {
  using host = new TestHost({
    "main.ts": `import "a";\nexport default 1;`,
    "node_modules/a/index.js": `\nrequire("./x.node");`,
    "node_modules/a/x.node": "no addon",
  });
  const { code, message } = await host.failure();
  assertEquals(code, "app-import-unsupported");
  assertMatch(message, /^cannot load the app: node_modules\/a\/index\.js:2:1: /);
  assertMatch(message, broken);
});
