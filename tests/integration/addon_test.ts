// Puts it into node_modules, from which the apps of these tests have it.
import "@node-rs/argon2";
import { assertEquals, assertMatch } from "../assert.ts";
import { integrationTest, type TestHost } from "./harness.ts";

function linkPackage(host: TestHost, name: string): void {
  const modules = new URL("../../node_modules/", import.meta.url).pathname;
  const link = `${host.folder}/node_modules/${name}`;
  Deno.mkdirSync(link.slice(0, link.lastIndexOf("/")), { recursive: true });
  Deno.symlinkSync(Deno.realPathSync(`${modules}${name}`), link);
}

const hashing = `import { hash, verify } from "@node-rs/argon2";
export default async () => {
  const text = await hash("secret");
  return new Response(text.slice(0, 9) + " " + (await verify(text, "secret")));
};\n`;

integrationTest("a package with a native addon works, also after a reload", async (host) => {
  linkPackage(host, "@node-rs/argon2");
  const server = host.start({ files: { "main.ts": hashing }, args: ["-w", "2"] });
  await server.ready(2);
  assertEquals(await server.text(), "$argon2id true");
  server.kill("SIGHUP");
  await server.ready(2, 2);
  assertEquals(await server.text(), "$argon2id true");
});

integrationTest("an addon that cannot be loaded: the reason, and the way out", async (host) => {
  host.write({
    "main.ts": `import open from "database";\nexport default open();\n`,
    "node_modules/database/index.js": `module.exports = () => require("./build/database.node");\n`,
    "node_modules/database/build/database.node": "\x7fELF...node_module_register",
  });
  const { code, stderr } = await host.run(["main.ts", "-b", "127.0.0.1:0"]);
  assertEquals(code, 4);
  assertMatch(
    stderr,
    /main\.ts:2:16: .*database\.node is a native addon .* that Deno cannot load: .*node:sqlite/,
  );
});

integrationTest("a package that is named stays outside the bundle", async (host) => {
  const files = {
    "main.ts": `import { place } from "views";\nexport default () => new Response(place("page"));\n`,
    "node_modules/views/index.js":
      `const read = require(["./", "read"].join(""));\nexports.place = (name) => read(name);\n`,
    "node_modules/views/read.js":
      `module.exports = (name) => require("fs").readFileSync(require("path").join(__dirname, name), "utf8");\n`,
    "node_modules/views/page": "a page",
  };
  const server = host.start({ files, args: ["--external", "views"] });
  await server.ready(1);
  assertEquals(await server.text(), "a page");
});
