/**
 * Bundles the program into a few files before it is compiled. A compiled program looks up each of its modules at every
 * start, also of every worker: with bundles `denicorn --worker` starts in two thirds of the time. npm packages are
 * bundled as well: with a single one, the runtime would set up npm support at every start.
 */
import { build, type Plugin, stop } from "esbuild";
import { fileURLToPath } from "node:url";
import type { CarriedEsbuild } from "../src/app/bundle/esbuild_executable.ts";
import { sourcesDigest } from "../src/app/bundle/cache/bundle_cache.ts";
import { files } from "../src/system/files/deno_files.ts";
import { BuildError, root } from "./workspace.ts";

/** Writes main.js and its chunks into `dir`, with the deno.json to compile them by. */
export async function bundleProgram(dir: string, carried: CarriedEsbuild): Promise<void> {
  const { errors } = await build({
    entryPoints: [`${root}/main.ts`],
    outdir: dir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    conditions: ["deno"],
    jsx: "automatic",
    jsxImportSource: "hono/jsx",
    target: "esnext",
    external: ["node:*"],
    define: {
      DENICORN_ESBUILD: JSON.stringify(carried),
      DENICORN_SOURCES: JSON.stringify(await sourcesDigest(files, `${root}/src/app`)),
      // esbuild checks with these whether its library is where it was installed.
      __dirname: '"/esbuild/lib"',
      __filename: '"/esbuild/lib/main.js"',
    },
    logLevel: "silent",
    plugins: [esbuildAsModule, packagesOfDeno],
  }).finally(stop);
  if (errors.length > 0) throw new BuildError(`cannot bundle the program: ${errors[0]?.text}`);

  const { unstable } = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  await Deno.writeTextFile(`${dir}/deno.json`, JSON.stringify({ unstable }));
}

/** Finds npm packages in Deno's cache, by the imports of deno.json. */
const packagesOfDeno: Plugin = {
  name: "packages-of-deno",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
      const isOurs = importer === `${root}/main.ts` || importer.startsWith(`${root}/src/`);
      if (kind === "entry-point" || !isOurs || path.startsWith("node:")) return null;
      return { path: fileURLToPath(import.meta.resolve(path)) };
    });
  },
};

/**
 * esbuild's library is CommonJS: the names of its exports are not known, and a bundle of ES modules has no `require`.
 */
const esbuildAsModule: Plugin = {
  name: "esbuild-as-module",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^esbuild$/ }, ({ path }) => ({ path, namespace: "esbuild" }));
    onLoad({ filter: /./, namespace: "esbuild" }, () => ({
      contents: `import esbuild from ${
        JSON.stringify(fileURLToPath(import.meta.resolve("esbuild")))
      }; export const { build, stop } = esbuild;`,
      resolveDir: root,
    }));
    const namespace = "require-of-node";
    onResolve(
      { filter: /^(child_process|crypto|fs|os|path|tty|worker_threads)$/ },
      ({ kind, path }) => kind === "require-call" ? { path, namespace } : null,
    );
    onLoad({ filter: /./, namespace }, ({ path }) => ({
      contents: `export * from "node:${path}"; export { default } from "node:${path}";`,
    }));
    // Only needed if esbuild was installed by Yarn.
    onResolve({ filter: /^pnpapi$/ }, ({ path }) => ({ path, external: true }));
  },
};
