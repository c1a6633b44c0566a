/** Files that an app can be, and what it can import: the same from source and in the binary. */

import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";
import { linkPackages } from "./node_packages.ts";

const apps: Readonly<Record<string, string>> = {
  "main.mts": `const text: string = "mts"; export default (): Response => new Response(text);\n`,
  "main.cts": `const { basename }: typeof import("node:path") = require("node:path");
    const app = (): Response => new Response(basename("/x/cts")); export = app;\n`,
  "main.cjs":
    `exports.fetch = () => new Response(require("./data.json").kind + " " + __filename.slice(-3));\n`,
  "main.jsx": `/** @jsxImportSource hono/jsx */
    export default () => new Response(String(<b class="x">jsx</b>));\n`,
  "named.cjs": `exports.site = { fetch: () => new Response("named") };\n`,
};

integrationTest("an app is a .mts, .cts, .cjs or .jsx file", async (host) => {
  linkPackages(host);
  const expected = ["mts", "cts", "cjs cjs", `<b class="x">jsx</b>`, "named"];
  for (const [index, name] of Object.keys(apps).entries()) {
    const app = name.startsWith("named") ? `${name}:site` : name;
    const server = host.start({ files: { ...apps, "data.json": `{ "kind": "cjs" }` }, app });
    await server.ready(1);
    assertEquals(await server.text(), expected[index]);
    server.kill("SIGTERM");
    await server.exit();
  }
});

/** (module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)) */
const wasm = "0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b";

const project = {
  "package.json": JSON.stringify({
    name: "root",
    type: "module",
    workspaces: ["packages/*"],
    imports: {
      "#greeting": { deno: "./lib/deno.ts", default: "./lib/other.ts" },
      "#lib/*": "./lib/*.ts",
      "#zod": "@own/tools",
    },
  }),
  "tsconfig.json": `{ // with comments
    "compilerOptions": { "baseUrl": ".", "paths": { "@lib/*": ["lib/*"], "exact": ["./lib/exact.ts"] }, },
  }`,
  "lib/deno.ts": `export default "hello" as string;\n`,
  "lib/other.ts": "throw new Error();\n",
  "lib/name.ts": `export const name: string = "name";\n`,
  "lib/exact.ts": `export const exact: string = "exact";\n`,
  "lib/poem.txt": "roses",
  "lib/bytes.bin": "\u0001\u0002",
  "lib/data.json": `{ "n": 1 }`,
  "packages/tools/package.json": JSON.stringify({
    name: "@own/tools",
    exports: { ".": "./src/index.ts", "./more": "./src/more.ts" },
  }),
  "packages/tools/src/index.ts":
    `import { more } from "./more.js"; export const tool: string = "tool " + more;\n`,
  "packages/tools/src/more.ts": `export const more = "more" satisfies string;\n`,
  "main.ts": `import greeting from "#greeting";
import { name } from "#lib/name";
import { tool as again } from "#zod";
import { tool } from "@own/tools";
import { more } from "@own/tools/more";
import { name as mapped } from "@lib/name.ts";
import { exact } from "exact";
import data from "./lib/data.json" with { type: "json" };
import poem from "./lib/poem.txt" with { type: "text" };
import bytes from "./lib/bytes.bin" with { type: "bytes" };
import { add } from "./lib/add.wasm";
export default async () => Response.json([greeting, name, again === tool, tool, more, mapped, exact, data.n, poem,
  bytes instanceof Uint8Array, [...bytes], add(1, 2), (await import("./lib/data.json", { with: { type: "json" } })).default.n]);\n`,
};

integrationTest(
  "an app imports by package.json, workspaces, tsconfig.json, and data of every kind",
  async (host) => {
    host.write(project);
    Deno.writeFileSync(`${host.folder}/lib/add.wasm`, Uint8Array.fromHex(wasm));
    Deno.mkdirSync(`${host.folder}/node_modules/@own`, { recursive: true });
    Deno.symlinkSync("../../packages/tools", `${host.folder}/node_modules/@own/tools`);
    const server = host.start({ files: {} });
    await server.ready(1);
    assertEquals(await (await server.fetch("/")).json(), [
      ...["hello", "name", true, "tool more", "more", "name", "exact", 1, "roses"],
      ...[true, [1, 2], 3, 1],
    ]);
  },
);
