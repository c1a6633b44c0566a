/** Which changes of files make the app worth building again, while `watch` is on. */

/** Endings of modules that may be missing. Data beside them may be what the app writes. */
const importable = /\.(?:[cm]?[jt]sx?|wasm|node)$/;

export class ChangedFiles {
  readonly #files: ReadonlySet<string>;
  /** Whether a file is missing, or another error keeps the app from being built. */
  readonly #isBroken: boolean;

  /** `files`: the absolute paths of all that the app was made from. */
  constructor(files: Iterable<string>, isBroken: boolean) {
    this.#files = new Set(files);
    this.#isBroken = isBroken;
  }

  /** Only the files of the app count, not those it writes beside them; after an error also those it may lack. */
  counts(path: string): boolean {
    if (this.#files.has(path) || (this.#isBroken && importable.test(path))) return true;
    // A directory that was removed, or is back.
    return [...this.#files].some((file) => file.startsWith(`${path}/`));
  }

  /** The directories to watch, not those below them: `exists` says which there are; of others the nearest above. */
  directories(exists: (path: string) => boolean): readonly string[] {
    const found = new Set<string>();
    for (const file of this.#files) {
      let directory = above(file);
      while (directory !== "/" && !exists(directory)) directory = above(directory);
      found.add(directory);
    }
    return [...found].sort();
  }
}

function above(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
