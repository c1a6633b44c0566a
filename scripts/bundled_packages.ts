/** The npm packages whose files are in the program, by what the bundler says. */
import type { Metafile } from "esbuild";
import { resolve } from "node:path";
import { BuildError, exists, root } from "./workspace.ts";

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX identifier or expression. */
  readonly license: string;
}

/** Sorted by name and version, each once. Throws BuildError if one does not say its license. */
export async function bundledPackages(metafiles: readonly Metafile[]): Promise<BundledPackage[]> {
  const paths = new Set(
    metafiles.flatMap(({ outputs }) =>
      Object.values(outputs).flatMap(({ inputs }) =>
        Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
      )
    ),
  );
  const found = new Map<string, BundledPackage>();
  for (const path of paths) {
    // What a plugin has made has the name of the plugin before a colon.
    if (/^[a-z-]+:/.test(path)) continue;
    const file = resolve(path);
    if (!/\/(node_modules|npm)\//.test(file)) continue;
    const manifest = await manifestOf(file);
    found.set(`${manifest.name}@${manifest.version}`, manifest);
  }
  return [...found].sort(([a], [b]) => a < b ? -1 : 1).map(([, manifest]) => manifest);
}

/** Reads package.json of the package that a file is in: folders inside of it may have one without a name. */
async function manifestOf(file: string): Promise<BundledPackage> {
  for (let end = file.lastIndexOf("/"); end > 0; end = file.lastIndexOf("/", end - 1)) {
    const path = `${file.slice(0, end)}/package.json`;
    if (!await exists(path)) continue;
    const { name, version, license } = JSON.parse(await Deno.readTextFile(path));
    if (typeof name !== "string" || typeof version !== "string") continue;
    if (typeof license === "string") return { name, version, license };
    throw new BuildError(`cannot list what is in the program: ${name}@${version} does not say its license`);
  }
  throw new BuildError(`cannot list what is in the program: ${file.replace(root, "")} is in no package`);
}
