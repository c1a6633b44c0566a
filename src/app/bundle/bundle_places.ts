/**
 * Everything that a bundle was made from, and every place where something else would have been found first: as
 * long as all of it looks the same, a new bundle would be the same. What is not known for sure makes a bundle
 * one that is not kept.
 */

import type { Metafile } from "esbuild";
import { asRecord, parseJsonc } from "../jsonc.ts";
import { packageNameOf } from "../resolve/package_specifier.ts";
import { absolutePath, directoryOf, nameOf, upwardFrom } from "../paths.ts";
import type { Traced } from "./traced_files.ts";

export interface Places {
  /** Files whose content counts, or that they are not there. */
  readonly contents: readonly string[];
  /** Where links lead, and whether a file, a directory or nothing lies there. */
  readonly kinds: readonly string[];
  /** Directories of which every name counts. */
  readonly lists: readonly string[];
  /** Directories of which the names count that an import could mean, and with each those that imports name. */
  readonly searched: readonly (readonly [directory: string, named: readonly string[]])[];
  /** Directories of which only the files count that say how imports are resolved. */
  readonly passed: readonly string[];
}

/** What was asked of esbuild's resolver by a plugin: what stood in the import, and from which directory. */
export interface Lookup {
  readonly specifier: string;
  readonly directory: string;
}

export interface BundleOrigin {
  readonly entry: string;
  readonly inputs: Metafile["inputs"];
  readonly lookups: readonly Lookup[];
  /** Packages that are left to fail where the app asks for them. */
  readonly missing: ReadonlySet<string>;
  /** What the plugins looked at themselves. */
  readonly traced: Traced;
  /** The one that esbuild was told to use. */
  readonly tsconfig: string | undefined;
}

/** As much of the files as it takes to know where esbuild looked. */
export interface Look {
  isDirectory(path: string): boolean;
  /** `undefined` when there is no such file. */
  read(path: string): string | undefined;
}

/** `undefined` when the bundle has something about it that cannot be followed. */
export function placesOf(origin: BundleOrigin, look: Look): Places | undefined {
  const search = new Search(look);
  try {
    search.add(origin);
  } catch (error) {
    if (error instanceof Unusual) return undefined;
    throw error;
  }
  return search.places();
}

class Unusual extends Error {}

class Search {
  readonly #look: Look;
  readonly #contents = new Set<string>();
  readonly #kinds = new Set<string>();
  readonly #lists = new Set<string>();
  readonly #searched = new Map<string, Set<string>>();
  readonly #passed = new Set<string>();
  readonly #packages = new Set<string>();

  constructor(look: Look) {
    this.#look = look;
  }

  add(origin: BundleOrigin): void {
    const { entry, inputs, traced, tsconfig } = origin;
    const root = directoryOf(entry);
    this.#addPath(entry);
    for (const [name, { imports }] of Object.entries(inputs)) {
      // These modules are made of what stands in their names.
      const isMade = /^(?:<data:|native-addon-of:|denicorn:)/.test(name);
      const path = absolutePath(root, name);
      if (isMade && imports.some(({ external }) => !external)) throw new Unusual();
      if (!isMade) this.#addFile(path);
      for (const imported of imports) this.#addImport(origin, path, imported);
    }
    for (const { specifier, directory } of origin.lookups) this.#addLookup(specifier, directory);
    if (tsconfig !== undefined) this.#requirePlain(tsconfig);
    traced.read.forEach((path) => this.#contents.add(path));
    traced.asked.forEach((path) => this.#kinds.add(path));
    traced.listed.forEach((path) => this.#lists.add(path));
  }

  places(): Places {
    const sorted = (paths: Iterable<string>) => [...paths].sort();
    return {
      contents: sorted(this.#contents),
      kinds: sorted(this.#kinds),
      lists: sorted(this.#lists),
      searched: sorted(this.#searched.keys()).map((path) => [path, sorted(this.#searched.get(path) ?? [])]),
      passed: sorted(this.#passed).filter((path) => !this.#searched.has(path)),
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
    // What esbuild itself leaves alone is a pattern, or a file that is missing: either may find one later.
    if (external && !path.startsWith("node:") && !missing.has(path)) throw new Unusual();
    if (external) return;
    if (original === undefined || /[?#]/.test(original.slice(1))) throw new Unusual();
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
      this.#passed.add(above);
      const modules = absolutePath(above, "node_modules");
      if (nameOf(above) === "node_modules" || !this.#look.isDirectory(modules)) continue;
      const found = absolutePath(modules, name);
      this.#kinds.add(modules);
      this.#kinds.add(found);
      if (this.#look.isDirectory(found)) this.#addPackage(found);
      if (specifier !== name) this.#addPath(absolutePath(modules, specifier));
    }
  }

  /** What an import may mean: a file of this name or with an ending more, or a directory. */
  #addPath(path: string): void {
    this.#addDirectory(directoryOf(path), nameOf(path));
    if (!this.#look.isDirectory(path)) return;
    this.#addPackage(path);
  }

  /** A directory that is itself imported: its manifest says which file that means. */
  #addPackage(directory: string): void {
    this.#kinds.add(directory);
    this.#addDirectory(directory);
    if (this.#packages.has(directory)) return;
    this.#packages.add(directory);
    const text = this.#look.read(absolutePath(directory, "package.json"));
    if (text === undefined) return;
    const manifest = record(text);
    for (const main of [manifest["main"], manifest["module"]]) {
      // Where it leads nowhere, esbuild goes on with the index.
      if (typeof main === "string") this.#addPath(absolutePath(directory, main));
    }
  }

  #addDirectory(directory: string, named?: string): void {
    const names = this.#searched.get(directory) ?? new Set();
    this.#searched.set(directory, names);
    if (named !== undefined) names.add(named);
    for (const above of upwardFrom(directory)) {
      if (this.#passed.has(above)) break;
      this.#passed.add(above);
    }
  }

  /** `#x` leads to what the nearest manifest says; only within the same package that is easy to tell. */
  #requireOwn(path: string, directory: string): void {
    for (const above of upwardFrom(directory)) {
      if (this.#look.read(absolutePath(above, "package.json")) === undefined) continue;
      const inside = path.startsWith(`${above}/`) ? path.slice(above.length) : "/node_modules/";
      if (inside.includes("/node_modules/")) throw new Unusual();
      return this.#addDirectory(directoryOf(path));
    }
    throw new Unusual();
  }

  /** A `tsconfig.json` that names no other files. */
  #requirePlain(path: string): void {
    const config = record(this.#look.read(path) ?? "");
    const options = asRecord(config["compilerOptions"]) ?? {};
    const names = [config["extends"], options["paths"], options["baseUrl"], options["rootDirs"]];
    if (names.some((value) => value !== undefined)) throw new Unusual();
    this.#contents.add(path);
  }
}

function record(text: string): Record<string, unknown> {
  try {
    const found = asRecord(parseJsonc(text));
    if (found !== undefined) return found;
  } catch {
    // Something esbuild reads differently than we do.
  }
  throw new Unusual();
}
