/** Finds the installed copy of a package that fits the version its `npm:` specifier asks for. */

import type { Files } from "../../system/system.ts";
import { asRecord } from "../jsonc.ts";
import { absolutePath, directoryOf, upwardFrom } from "../paths.ts";

export interface InstalledPackage {
  /** The directory from which a bare import of the name finds this copy. */
  readonly from: string;
  /** Set when only another version is installed. */
  readonly warning?: string;
}

/** Deno and pnpm keep every version here, and link the one of the project into `node_modules` itself. */
const stores = [".deno", ".pnpm"];

/** The package `name` as a file in the directory `from` sees it, or the copy beside it that fits better. */
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
export function installedAt(files: Files, name: string, directory: string): string | undefined {
  for (const above of upwardFrom(directory)) {
    const path = absolutePath(above, `node_modules/${name}`);
    if (files.stat(path)?.isDirectory) return path;
  }
  return undefined;
}

/** Whether some `node_modules` that the file `importer` sees has the package. */
export function isInstalled(files: Files, name: string, importer: string): boolean {
  return installedAt(files, name, directoryOf(importer)) !== undefined;
}

/**
 * Whether a version is of the line that a range asks for: `^4.1` any 4, `~4.1` any 4.1, `4` any 4, `4.1.2` only
 * itself. It tells one major version from another; that a patch is new enough is the installer's business.
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
    // Without a manifest nothing speaks against the copy; esbuild says what is wrong with it.
    return "";
  }
}
