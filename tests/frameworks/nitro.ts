/** Nitro, which also builds the servers of Nuxt, SolidStart and others, with two of its presets. */

import type { Framework } from "./framework.ts";

const presets = ["node-server", "deno-server"] as const;

const outputs = (page: string) => (preset: string) => ({
  name: preset,
  app: `${preset}/server/index.mjs`,
  page,
  paths: { "/api/echo?q=word": { contains: "word" }, "/robots.txt": { contains: "User-agent" } },
});

export const nitro: readonly Framework[] = [
  {
    name: "nitro-2",
    packages: ["nitropack@2.13.6"],
    files: {
      "nitro.config.ts": `
export default defineNitroConfig({
  compatibilityDate: "2026-01-01",
  output: { dir: "{{ rootDir }}/" + process.env.NITRO_PRESET },
});
`,
      "routes/index.ts": `export default defineEventHandler(() => "hello from nitro 2");\n`,
      "routes/api/echo.ts": `export default defineEventHandler((event) => ({ query: getQuery(event).q }));\n`,
      "public/robots.txt": "User-agent: *\n",
      "tsconfig.json": `{ "extends": "./.nitro/types/tsconfig.json" }\n`,
    },
    builds: presets.map((preset) => ["env", `NITRO_PRESET=${preset}`, "nitropack", "build"]),
    outputs: presets.map(outputs("hello from nitro 2")),
  },
  {
    name: "nitro-3",
    packages: ["nitro@3.0.260903-beta"],
    files: {
      "nitro.config.ts": `
export default {
  compatibilityDate: "2026-01-01",
  serverDir: "./server",
  output: { dir: "{{ rootDir }}/" + process.env.NITRO_PRESET },
};
`,
      "server/routes/index.ts": `
import { defineHandler } from "nitro/h3";
export default defineHandler(() => "hello from nitro 3");
`,
      "server/routes/api/echo.ts": `
import { defineHandler, getQuery } from "nitro/h3";
export default defineHandler((event) => ({ query: getQuery(event).q }));
`,
      "public/robots.txt": "User-agent: *\n",
    },
    builds: presets.map((preset) => ["env", `NITRO_PRESET=${preset}`, "nitro", "build"]),
    outputs: presets.map(outputs("hello from nitro 3")),
  },
];
