/** A typical app: Hono with JSX pages and validation by zod, with packages mapped in deno.json. */

// Puts them into Deno's cache, from which the app's node_modules is created.
import "@hono/zod-validator";
import "hono";
import "zod";
import { assertEquals } from "../../assert.ts";
import { TestHost } from "../test_host.ts";

const main = `import { zValidator } from "@hono/zod-validator";
import { Hono } from "hono";
import { z } from "zod";
import { Page } from "@/page.tsx";

const app = new Hono();
app.get("/", (c) => c.html(<Page title="Guests"><b>{"<hi>"}</b></Page>));
app.post("/", zValidator("form", z.object({ name: z.string().min(2) })), (c) => c.text(c.req.valid("form").name));
app.onError((error, c) => c.text(error.message, 500));

async function all(): Promise<string> {
  const post = (name: string) => app.request("/", { method: "POST", body: new URLSearchParams({ name }) });
  const answers = [await app.request("/"), await post("Ada"), await post("x")];
  return (await Promise.all(answers.map(async (answer) => answer.status + " " + await answer.text()))).join("\\n");
}
export default { fetch: async () => new Response(await all()) };
`;

const page = `import type { FC } from "hono/jsx";
export const Page: FC<{ title: string }> = ({ title, children }) => <html><h1>{title}</h1>{children}</html>;`;

/** The folder of a package in Deno's cache. */
function packageFolder(name: string): string {
  let folder = new URL(import.meta.resolve(name)).pathname;
  do folder = folder.slice(0, folder.lastIndexOf("/")); while (folder !== "" && nameAt(folder) !== name);
  return folder;
}

function nameAt(folder: string): unknown {
  try {
    return JSON.parse(Deno.readTextFileSync(`${folder}/package.json`)).name;
  } catch {
    return undefined;
  }
}

Deno.test("Hono with JSX, zod and its validator", async () => {
  using host = new TestHost({
    "deno.json": JSON.stringify({
      imports: {
        "@/": "./",
        "@hono/zod-validator": "npm:@hono/zod-validator@^0.9",
        "hono": "npm:hono@^4",
        "zod": "npm:zod@4",
      },
      compilerOptions: { jsx: "precompile", jsxImportSource: "hono/jsx" },
    }),
    "main.tsx": main,
    "page.tsx": page,
    "node_modules/hono": { link: packageFolder("hono") },
    "node_modules/zod": { link: packageFolder("zod") },
    "node_modules/@hono/zod-validator/package.json": read("package.json"),
    "node_modules/@hono/zod-validator/dist/index.mjs": read("dist/index.mjs"),
  });
  const [html, posted, refused = ""] = (await host.answer("main.tsx")).split("\n");
  assertEquals(html, "200 <html><h1>Guests</h1><b>&lt;hi&gt;</b></html>");
  assertEquals(posted, "200 Ada");
  assertEquals(refused.slice(0, 3), "400");
  const bundle = Deno.readTextFileSync(`${host.runtimeDirectory}/app.mjs`);
  assertEquals(bundle.split("/dist/hono-base.js\n").length - 1, 1, "one copy of Hono");
});

/** Copied, not linked, so that it finds Hono and zod in its node_modules. */
function read(path: string): string {
  return Deno.readTextFileSync(`${packageFolder("@hono/zod-validator")}/${path}`);
}
