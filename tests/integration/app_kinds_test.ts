import { assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

/** An app with every kind of import and syntax in docs/apps.md. */
const files = {
  "deno.json": JSON.stringify({
    imports: { "@/": "./src/", "greeter": "npm:greeting-package@^1", "hono": "npm:hono@4" },
  }),
  "node_modules/greeting-package/package.json": JSON.stringify({
    name: "greeting-package",
    version: "1.2.3",
    main: "index.js",
  }),
  "node_modules/greeting-package/index.js":
    `const { basename } = require("path");\nmodule.exports = { greet: (name) => "hello " + name, place: basename(__dirname) };\n`,
  "src/data/settings.json": `{ "colour": "green" }`,
  "src/data/poem.txt": "roses are red",
  "src/late.ts": `export const late: string = "late";\n`,
  "src/awaited.ts": `export const awaited = await Promise.resolve("awaited");\n`,
  "src/page.tsx": `/** @jsxImportSource hono/jsx */
export const Page = ({ name }: { name: string }) => <p class="page">{name}</p>;\n`,
  "src/main.tsx": `/** @jsxImportSource hono/jsx */
import { Hono } from "hono";
import { readFileSync } from "node:fs";
import greeter from "greeter";
import { greet } from "npm:greeting-package@1";
import { awaited } from "@/awaited.ts";
import { Page } from "./page.tsx";
import settings from "./data/settings.json" with { type: "json" };
import poem from "./data/poem.txt" with { type: "text" };
import type { NeverLoaded } from "./types_only.ts";

enum Size { Small = 1, Large }
const unused: NeverLoaded | undefined = undefined;

const app = new Hono();
app.get("/kinds", async (c) => c.json({
  commonJs: greeter.greet("a"),
  npm: greet("b"),
  ownPlace: greeter.place,
  awaited,
  late: (await import("./late.ts")).late,
  json: settings.colour,
  text: poem,
  file: readFileSync(new URL("./data/poem.txt", import.meta.url), "utf8"),
  url: import.meta.url.endsWith("/src/main.tsx"),
  dirname: import.meta.dirname?.endsWith("/src"),
  main: import.meta.main,
  size: Size.Large,
  unused: unused === undefined,
}));
app.get("/page", (c) => c.html(<Page name="<Ada>" />));
app.get("/boom", () => {
  throw new Error("boom");
});
app.onError((error) => new Response(error.stack, { status: 500 }));
export { app as website };\n`,
};

integrationTest(
  "an app with every kind of import responds, and its stacks name its own lines",
  async (host) => {
    const packages = new URL("../../node_modules/", import.meta.url).pathname;
    Deno.mkdirSync(`${host.folder}/node_modules`);
    Deno.symlinkSync(Deno.realPathSync(`${packages}hono`), `${host.folder}/node_modules/hono`);
    const server = host.start({ files, app: "src/main.tsx:website", args: ["-w", "2"] });
    await server.ready(2);
    assertEquals(await (await server.fetch("/kinds")).json(), {
      commonJs: "hello a",
      npm: "hello b",
      ownPlace: "greeting-package",
      awaited: "awaited",
      late: "late",
      json: "green",
      text: "roses are red",
      file: "roses are red",
      url: true,
      dirname: true,
      main: true,
      size: 2,
      unused: true,
    });
    assertEquals(await server.text("/page"), `<p class="page">&lt;Ada&gt;</p>`);
    const line = files["src/main.tsx"].split("\n").findIndex((text) => text.includes("new Error")) + 1;
    const [, first] = (await server.text("/boom")).split("\n");
    assertEquals(first?.includes(`${host.folder}/src/main.tsx:${line}:`), true, first);
  },
);

const unsupported = {
  'import "https://example.com/mod.ts";': /https:\/\/example\.com\/mod\.ts/,
  'import "jsr:@std/assert";': /jsr:@std\/assert/,
  'import "./native.node";': /native\.node/,
};

integrationTest("an import that a bundle cannot hold is exit 4 and says what to do", async (host) => {
  host.write({ "native.node": "" });
  for (const [statement, says] of Object.entries(unsupported)) {
    host.write({ "main.ts": `${statement}\nexport default () => new Response();\n` });
    const { code, stderr } = await host.run(["main.ts", "-b", "127.0.0.1:0"]);
    assertEquals([code, says.test(stderr)], [4, true], stderr);
  }
});
