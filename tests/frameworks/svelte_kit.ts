/** SvelteKit with `@sveltejs/adapter-node`. */

import type { Framework } from "./framework.ts";

export const svelteKit: Framework = {
  name: "sveltekit",
  packages: [
    "@sveltejs/kit@3.2.0",
    "@sveltejs/adapter-node@6.0.1",
    "@sveltejs/vite-plugin-svelte@7.3.1",
    "svelte@5.57.3",
    "vite@8.3.8",
  ],
  files: {
    "vite.config.js": `
import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";
export default { plugins: [sveltekit({ adapter: adapter() })] };
`,
    "src/app.html": `<!doctype html>
<html lang="en"><head>%sveltekit.head%</head><body><div>%sveltekit.body%</div></body></html>
`,
    "src/routes/+page.server.js": `export const load = ({ url }) => ({ host: url.host });\n`,
    "src/routes/+page.svelte": `<script>
  let { data } = $props();
  let count = $state(0);
</script>
<h1>hello from sveltekit</h1>
<p>{data.host}</p>
<button onclick={() => count++}>{count}</button>
`,
    "src/routes/api/echo/+server.js": `
import { json } from "@sveltejs/kit";
export const GET = ({ url }) => json({ query: url.searchParams.get("q") });
`,
    "static/robots.txt": "User-agent: *\n",
  },
  builds: [["vite", "build"]],
  outputs: [{
    name: "adapter-node",
    app: "build/index.js",
    page: "hello from sveltekit",
    paths: {
      "/api/echo?q=word": { contains: `{"query":"word"}` },
      "/robots.txt": { contains: "User-agent" },
      "/_app/immutable/entry/start.*.js": { contains: "import", from: "build/client/_app/immutable/entry" },
    },
  }],
};
