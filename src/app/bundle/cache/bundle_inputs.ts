/**
 * Everything that decides what a bundle contains: the files it was made from, and every place where a file that is
 * not there now would be found first. While all of it stays the same, a new bundle would be the same. A bundle about
 * which this is not certain is not cached.
 */

import type { Metafile } from "esbuild";
import type { Files } from "../../../system/system.ts";
import { asRecord, parseJsonc } from "../../jsonc.ts";
import { absolutePath, directoryOf, nameOf, upwardFrom } from "../../paths.ts";
import type { Lookup } from "../../resolve/resolve_imports.ts";
import { packageNameOf } from "../../resolve/specifiers.ts";

export interface BundleInputs {
  /** Files whose content counts. It also counts if one does not exist. */
  readonly contents: readonly string[];
  /** Paths for which it counts whether they are a file, a directory or missing, and where a link leads. */
  readonly kinds: readonly string[];
  /** Directories in which every name counts. */
  readonly lists: readonly string[];
  /** Directories in which the names count that an import could mean, each with the names that imports do mention. */
  readonly searched: readonly (readonly [directory: string, named: readonly string[]])[];
  /** Directories above them, in which only the files count that say how imports are resolved. */
  readonly above: readonly string[];
}

/** What one run of esbuild and its plugins reported. */
export interface BundleOrigin {
  readonly entry: string;
  readonly inputs: Metafile["inputs"];
  /** What plugins asked of esbuild's resolver. */
  readonly lookups: readonly Lookup[];
  /** Packages that are not installed: the app fails where it imports them. */
  readonly missing: ReadonlySet<string>;
  /** What the plugins read themselves. */
  readonly traced: Traced;
  /** The file that esbuild was given. */
  readonly tsconfig: string | undefined;
  /** False if a part of it was replaced, because it could not be bundled. */
  readonly isCertain: boolean;
}

/** The file access that is needed to know where esbuild searched. */
export interface FileAccess {
  isDirectory(path: string): boolean;
  /** `undefined` when there is no such file. */
  read(path: string): string | undefined;
}

/** `undefined` when they cannot be determined for certain. */
export function inputsOf(origin: BundleOrigin, access: FileAccess): BundleInputs | undefined {
  const search = new Search(access);
  try {
    search.add(origin);
  } catch (error) {
    if (error instanceof Uncertain) return undefined;
    throw error;
  }
  return search.inputs();
}

class Uncertain extends Error {}

class Search {
  readonly #access: FileAccess;
  readonly #contents = new Set<string>();
  readonly #kinds = new Set<string>();
  readonly #lists = new Set<string>();
  readonly #searched = new Map<string, Set<string>>();
  readonly #above = new Set<string>();
  readonly #packages = new Set<string>();

  constructor(access: FileAccess) {
    this.#access = access;
  }

  add(origin: BundleOrigin): void {
    const { entry, inputs, traced, tsconfig, isCertain } = origin;
    if (!isCertain) throw new Uncertain();
    const root = directoryOf(entry);
    this.#addPath(entry);
    for (const [name, { imports }] of Object.entries(inputs)) {
      // The content of these modules follows from their names.
      const isGenerated = /^(?:<data:|denicorn(?:-\w+)?:)/.test(name);
      const path = absolutePath(root, name);
      if (isGenerated && imports.some(({ external }) => !external)) throw new Uncertain();
      if (!isGenerated) this.#addFile(path);
      for (const imported of imports) this.#addImport(origin, path, imported);
    }
    for (const { specifier, directory } of origin.lookups) this.#addLookup(specifier, directory);
    if (tsconfig !== undefined) this.#requirePlain(tsconfig);
    traced.read.forEach((path) => this.#contents.add(path));
    traced.asked.forEach((path) => this.#kinds.add(path));
    traced.listed.forEach((path) => this.#lists.add(path));
  }

  inputs(): BundleInputs {
    const sorted = (paths: Iterable<string>) => [...paths].sort();
    return {
      contents: sorted(this.#contents),
      kinds: sorted(this.#kinds),
      lists: sorted(this.#lists),
      searched: sorted(this.#searched.keys()).map((path) => [path, sorted(this.#searched.get(path) ?? [])]),
      above: sorted(this.#above).filter((path) => !this.#searched.has(path)),
    };
  }

  #addFile(path: string): void {
    this.#contents.add(path);
    this.#addDirectory(directoryOf(path));
  }

  #addImport(
    { entry, missing }: BundleOrigin,
    importer: string,
    { path, external, original }: Metafile["inputs"][string]["imports"][number],
  ): void {
    // An import that esbuild does not bundle is a pattern or a missing file: either may find a file later.
    if (external && !path.startsWith("node:") && !missing.has(path)) throw new Uncertain();
    if (external) return;
    if (original === undefined || /[?#]/.test(original.slice(1))) throw new Uncertain();
    if (/^\.{0,2}\/|^\.{1,2}$/.test(original)) {
      this.#addPath(absolutePath(directoryOf(importer), original));
    } else if (original.startsWith("#")) {
      this.#requireOwn(absolutePath(directoryOf(entry), path), directoryOf(importer));
    }
  }

  #addLookup(specifier: string, directory: string): void {
    if (specifier.startsWith("#")) return;
    if (/^\.{0,2}\/|^\.{1,2}$/.test(specifier)) {
      return this.#addPath(absolutePath(directory, specifier));
    }
    const name = packageNameOf(specifier);
    for (const above of upwardFrom(directory)) {
      this.#above.add(above);
      const modules = absolutePath(above, "node_modules");
      if (nameOf(above) === "node_modules" || !this.#access.isDirectory(modules)) continue;
      const found = absolutePath(modules, name);
      this.#kinds.add(modules);
      this.#kinds.add(found);
      if (this.#access.isDirectory(found)) this.#addPackage(found);
      if (specifier !== name) this.#addPath(absolutePath(modules, specifier));
    }
  }

  /** What an import may mean: a file of this name, one with an extension added, or a directory. */
  #addPath(path: string): void {
    this.#addDirectory(directoryOf(path), nameOf(path));
    if (!this.#access.isDirectory(path)) return;
    this.#addPackage(path);
  }

  /** A directory that is imported: its manifest says which file that means. */
  #addPackage(directory: string): void {
    this.#kinds.add(directory);
    this.#addDirectory(directory);
    if (this.#packages.has(directory)) return;
    this.#packages.add(directory);
    const text = this.#access.read(absolutePath(directory, "package.json"));
    if (text === undefined) return;
    const manifest = record(text);
    for (const main of [manifest["main"], manifest["module"]]) {
      // If that file does not exist, esbuild tries the index.
      if (typeof main === "string") this.#addPath(absolutePath(directory, main));
    }
  }

  #addDirectory(directory: string, named?: string): void {
    const names = this.#searched.get(directory) ?? new Set();
    this.#searched.set(directory, names);
    if (named !== undefined) names.add(named);
    for (const above of upwardFrom(directory)) {
      if (this.#above.has(above)) break;
      this.#above.add(above);
    }
  }

  /** `#x` leads to what the nearest manifest says; a target outside its package is too hard to follow. */
  #requireOwn(path: string, directory: string): void {
    for (const above of upwardFrom(directory)) {
      if (this.#access.read(absolutePath(above, "package.json")) === undefined) continue;
      const inside = path.startsWith(`${above}/`) ? path.slice(above.length) : "/node_modules/";
      if (inside.includes("/node_modules/")) throw new Uncertain();
      return this.#addDirectory(directoryOf(path));
    }
    throw new Uncertain();
  }

  /** A `tsconfig.json` that names no other files. */
  #requirePlain(path: string): void {
    const config = record(this.#access.read(path) ?? "");
    const options = asRecord(config["compilerOptions"]) ?? {};
    const names = [config["extends"], options["paths"], options["baseUrl"], options["rootDirs"]];
    if (names.some((value) => value !== undefined)) throw new Uncertain();
    this.#contents.add(path);
  }
}

function record(text: string): Record<string, unknown> {
  try {
    const found = asRecord(parseJsonc(text));
    if (found !== undefined) return found;
  } catch {
    // esbuild may read it differently.
  }
  throw new Uncertain();
}

/** Paths by what was asked about them. */
interface Traced {
  readonly read: ReadonlySet<string>;
  readonly asked: ReadonlySet<string>;
  readonly listed: ReadonlySet<string>;
}

/** The same files, and a record of what is asked of them. */
export function traceFiles(files: Files): { readonly files: Files; readonly traced: Traced } {
  const read = new Set<string>();
  const asked = new Set<string>();
  const listed = new Set<string>();
  const tracing = <Result>(paths: Set<string>, ask: (path: string) => Result) => (path: string): Result => {
    paths.add(path);
    return ask(path);
  };
  return {
    traced: { read, asked, listed },
    files: {
      ...files,
      readTextSync: tracing(read, files.readTextSync),
      readBytesSync: tracing(read, files.readBytesSync),
      stat: tracing(asked, files.stat),
      lstat: tracing(asked, files.lstat),
      realPath: tracing(asked, files.realPath),
      list: tracing(listed, files.list),
      entries: tracing(listed, files.entries),
    },
  };
}
