/** Finds the installed copy of a package that matches the version in its `npm:` specifier. */

import type { Files } from "../../system/system.ts";
import { asRecord } from "../jsonc.ts";
import { absolutePath, directoryOf, upwardFrom } from "../paths.ts";

interface InstalledPackage {
  /** A bare import of the name from this directory finds the copy. */
  readonly from: string;
  /** Set when only another version is installed. */
  readonly warning?: string;
}

/** Deno and pnpm install every version here, and link the one of the project into `node_modules` itself. */
const stores = [".deno", ".pnpm"];

/** The package `name` as seen from the directory `from`, or a copy in the same `node_modules` that matches better. */
export function findPackage(
  files: Files,
  name: string,
  version: string,
  from: string,
): InstalledPackage | undefined {
  const path = installedAt(files, name, from);
  if (path === undefined) return undefined;
  const installed = versionOf(files, path);
  if (fits(installed, version)) return { from };
  const modules = path.slice(0, path.length - name.length - 1);
  for (const store of stores.map((name) => absolutePath(modules, name))) {
    if (!files.stat(store)?.isDirectory) continue;
    const beginning = `${name.replace("/", "+")}@`;
    const other = files.list(store).find((entry) =>
      entry.startsWith(beginning) && fits(entry.slice(beginning.length), version)
    );
    if (other !== undefined) return { from: absolutePath(store, other) };
  }
  return { from, warning: `npm:${name}@${version} is imported, but node_modules has ${name} ${installed}` };
}

/** The directory of the package, as seen from `directory`. */
function installedAt(files: Files, name: string, directory: string): string | undefined {
  for (const above of upwardFrom(directory)) {
    const path = absolutePath(above, `node_modules/${name}`);
    if (files.stat(path)?.isDirectory) return path;
  }
  return undefined;
}

/** The nearest `node_modules` above `directory` that has the package. */
export function installedIn(files: Files, name: string, directory: string): string | undefined {
  const path = installedAt(files, name, directory);
  return path?.slice(0, path.length - name.length - 1);
}

/** Whether a `node_modules` that the file `importer` can reach has the package. */
export function isInstalled(files: Files, name: string, importer: string): boolean {
  return installedAt(files, name, directoryOf(importer)) !== undefined;
}

/**
 * Whether a version is in the series of a range: `^4.1` matches any 4, `~4.1` any 4.1, `4` any 4, `4.1.2` only
 * itself. It tells major versions apart; the installer ensures that a patch version is new enough.
 */
export function fits(version: string, range: string): boolean {
  const [, operator, ...numbers] = /^\s*([\^~]?)[=v]?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(range) ?? [];
  const wanted = numbers.filter((number) => number !== undefined);
  const firstNonZero = wanted.findIndex((number) => number !== "0");
  const significant = operator === "^" && firstNonZero !== -1
    ? wanted.slice(0, firstNonZero + 1)
    : operator === "~"
    ? wanted.slice(0, 2)
    : wanted;
  const parts = version.split(/[.\-+_]/);
  return significant.every((number, index) => parts[index] === number);
}

function versionOf(files: Files, directory: string): string {
  try {
    const version = asRecord(JSON.parse(files.readTextSync(`${directory}/package.json`)))?.["version"];
    return typeof version === "string" ? version : "";
  } catch {
    // Without a manifest the copy is accepted; esbuild reports what is wrong with it.
    return "";
  }
}
