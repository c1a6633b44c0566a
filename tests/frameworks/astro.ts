/** Astro with `@astrojs/node`, in both of its modes. */

import type { Framework, Output } from "./framework.ts";

const files = (mode: string) => ({
  "astro.config.mjs": `
import { defineConfig } from "astro/config";
import node from "@astrojs/node";
export default defineConfig({ output: "server", adapter: node({ mode: "${mode}" }) });
`,
  "src/pages/index.astro": `
---
const host = Astro.request.headers.get("host");
---
<html lang="en"><body><h1>hello from astro</h1><p>{host}</p></body></html>
<style>h1 { color: teal; padding: 1em; margin: 2em; }</style>
`,
  "src/pages/about.astro": `
---
export const prerender = true;
---
<html lang="en"><body>about astro</body></html>
`,
  "src/pages/api/echo.ts": `
export const GET = ({ url }: { url: URL }) => Response.json({ query: url.searchParams.get("q") });
`,
  "public/robots.txt": "User-agent: *\n",
});

const output: Omit<Output, "name" | "app"> = {
  page: "hello from astro",
  paths: {
    "/api/echo?q=word": { contains: `{"query":"word"}` },
    "/about": { contains: "about astro" },
    "/robots.txt": { contains: "User-agent" },
  },
};

const packages = ["astro@7.3.5", "@astrojs/node@11.1.6"];

export const astro: readonly Framework[] = [
  {
    name: "astro-standalone",
    packages,
    files: files("standalone"),
    builds: [["astro", "build"]],
    outputs: [{ name: "standalone", app: "dist/server/entry.mjs", ...output }],
  },
  {
    name: "astro-middleware",
    packages: [...packages, "express@5.3.0"],
    files: {
      ...files("middleware"),
      // As the documentation of the adapter has it.
      "run-server.mjs": `
import express from "express";
import { handler as ssrHandler } from "./dist/server/entry.mjs";
const app = express();
app.use("/", express.static("dist/client/"));
app.use(ssrHandler);
app.listen(process.env.PORT ?? 8080);
`,
    },
    builds: [["astro", "build"]],
    outputs: [{ name: "middleware", app: "run-server.mjs", ...output }],
  },
];
