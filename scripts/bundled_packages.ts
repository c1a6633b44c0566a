/** The npm packages whose files are in the program, by what the bundler says. */
import type { Metafile } from "esbuild";
import { resolve } from "node:path";
import { BuildError, exists, root } from "./workspace.ts";

export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** An SPDX identifier or expression. */
  readonly license: string;
  /** As its package.json has it. */
  readonly author?: string;
  /** What its license files say, notices as well; without one it only names its license. */
  readonly notices: readonly string[];
}

/** Not `license.js`, which is a program. */
const licenseFile =
  /^(?:(?:un)?license|licence|mit-license|copying|copyright|notice)(?:[.-](?!(?:[cm]?[jt]sx?|json|map)(?:\.|$))[^.]*)*$/i;

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
    const { name, version, license, author } = JSON.parse(await Deno.readTextFile(path));
    if (typeof name !== "string" || typeof version !== "string") continue;
    if (typeof license === "string") {
      return { name, version, license, ...authorOf(author), notices: await noticesIn(file.slice(0, end)) };
    }
    throw new BuildError(`cannot list what is in the program: ${name}@${version} does not say its license`);
  }
  throw new BuildError(`cannot list what is in the program: ${file.replace(root, "")} is in no package`);
}

/** npm allows it as an object and as a string. */
function authorOf(author: unknown): Pick<BundledPackage, "author"> {
  const name = typeof author === "object" && author !== null && "name" in author ? author.name : author;
  return typeof name === "string" ? { author: name.replace(/ *[<(].*$/, "") } : {};
}

/** The texts of the license files in `folder`, by their names. */
export async function noticesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile && licenseFile.test(name)) names.push(name);
  }
  const texts = await Promise.all(names.sort().map((name) => Deno.readTextFile(`${folder}/${name}`)));
  return texts.map((text) => text.replaceAll("\r\n", "\n").trim());
}
