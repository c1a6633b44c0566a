/**
 * Makes a few files of the program's many before it is compiled. A compiled program looks up each of its
 * modules at every start, and every worker is a start: with bundles `denicorn --worker` is up in two thirds of
 * the time.
 */
import { build, type Plugin, stop } from "esbuild";
import { fileURLToPath } from "node:url";
import { restrictLock } from "./program_lock.ts";
import { BuildError, root } from "./workspace.ts";

/** What stays a package of its own in the binary: it finds its executable beside itself. */
const external = "esbuild";

/** Writes main.js and its chunks into `dir`, with the deno.json and deno.lock to compile them by. */
export async function bundleProgram(dir: string): Promise<void> {
  const { errors } = await build({
    entryPoints: [`${root}/main.ts`],
    outdir: dir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "neutral",
    conditions: ["deno"],
    target: "esnext",
    external: [external, "node:*"],
    logLevel: "silent",
    plugins: [packagesOfDeno],
  }).finally(stop);
  if (errors.length > 0) throw new BuildError(`cannot bundle the program: ${errors[0]?.text}`);

  const project = JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
  const specifier: string = project.imports[external];
  const version = specifier.slice(specifier.lastIndexOf("@") + 1);
  const config = { unstable: project.unstable, imports: { [external]: specifier } };
  const lock = restrictLock(JSON.parse(await Deno.readTextFile(`${root}/deno.lock`)), [
    `${external}@${version}`,
  ]);
  await Deno.writeTextFile(`${dir}/deno.json`, JSON.stringify(config));
  await Deno.writeTextFile(`${dir}/deno.lock`, JSON.stringify(lock));
}

/** Finds npm packages where Deno keeps them, by the imports of deno.json. */
const packagesOfDeno: Plugin = {
  name: "packages-of-deno",
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
      const isOurs = importer === `${root}/main.ts` || importer.startsWith(`${root}/src/`);
      if (kind === "entry-point" || !isOurs || path === external || path.startsWith("node:")) return null;
      return { path: fileURLToPath(import.meta.resolve(path)) };
    });
  },
};
