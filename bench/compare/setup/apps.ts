/**
 * Makes the apps ready: bundled into one file each, which every JavaScript server runs alike, and the yardstick for the
 * binary, compiled with the runtime that the binary embeds.
 */

import { build, type Plugin, stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { compile } from "../../../scripts/build.ts";
import { chooseRuntime } from "../../../scripts/runtime.ts";
import { hostTarget } from "../../../scripts/target.ts";
import { home } from "./tools.ts";

export const apps = ["tiny", "hello", "api", "computing", "mixed"] as const;
export type App = (typeof apps)[number];

const sources = new URL("../apps/", import.meta.url).pathname;

export interface Prepared {
  /** Holds the bundled apps and the files of bench/compare/apps that are not TypeScript. */
  readonly folder: string;
  /** The yardstick for the binary. */
  readonly bareBinary: string;
  /** The Deno of the version that the binary embeds. */
  readonly runtime: { readonly deno: string; readonly version: string };
}

export async function prepareApps(): Promise<Prepared> {
  const folder = `${home}/apps`;
  Deno.mkdirSync(folder, { recursive: true });
  for (const { name } of Deno.readDirSync(sources)) {
    if (!name.endsWith(".ts")) Deno.copyFileSync(`${sources}${name}`, `${folder}/${name}`);
  }
  Deno.writeTextFileSync(`${folder}/package.json`, '{ "type": "module" }\n');
  await bundle(apps.map((app) => `${sources}${app}.ts`), folder);
  const adapter = `${home}/npm/node_modules/@hono/node-server/dist/index.mjs`;
  if (hasFile(adapter)) {
    Deno.writeTextFileSync(`${folder}/node_server.mjs`, `export * from ${JSON.stringify(adapter)};\n`);
  }
  const { runtime, output } = await compileBare();
  return { folder, bareBinary: output, runtime };
}

async function bundle(entryPoints: string[], outdir: string): Promise<void> {
  const options = { bundle: true, format: "esm", platform: "neutral", target: "esnext" } as const;
  await build({
    ...options,
    entryPoints,
    outdir,
    outExtension: { ".js": ".mjs" },
    logLevel: "silent",
    plugins: [hono],
  }).finally(stop);
}

/** Finds Hono in Deno's cache. */
const hono: Plugin = {
  name: "hono",
  setup({ onResolve }) {
    onResolve({ filter: /^hono$/ }, () => ({ path: fileURLToPath(import.meta.resolve("hono")) }));
  },
};

async function compileBare() {
  if (hostTarget === undefined) {
    throw new Error(`cannot compile for ${Deno.build.target}: it is not a target`);
  }
  const program = `${home}/bare`;
  const output = `${program}/bare`;
  const runtime = await chooseRuntime(hostTarget);
  Deno.mkdirSync(program, { recursive: true });
  Deno.copyFileSync(`${sources}bare.js`, `${program}/main.js`);
  Deno.writeTextFileSync(`${program}/deno.json`, '{ "unstable": ["net"] }\n');
  await compile(runtime, hostTarget, program, output);
  return { runtime, output };
}

function hasFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
