/** The inputs of a bundle as they are now, as one fingerprint. */

import { fingerprint } from "../../../core/fingerprint.ts";
import type { Files } from "../../../system/system.ts";
import { absolutePath, extensionOf } from "../../paths.ts";
import type { BundleInputs } from "./bundle_inputs.ts";

type StateFiles = Pick<Files, "lstat" | "stat" | "realPath" | "entries" | "readBytesSync">;

/** Files that say, for a directory and those below it, how imports are resolved and compiled. */
const manifests = ["package.json", "deno.json", "deno.jsonc", "tsconfig.json", "jsconfig.json"];
/** With these Yarn replaces `node_modules`, which is not followed. */
const yarnFiles = [".pnp.cjs", ".pnp.js", ".pnp.data.json"];

/** Extensions of files that an import may mean without spelling them out. */
const importable = new Set(
  [
    "",
    ".ts",
    ".tsx",
    ".mts",
    ".cts",
    ".js",
    ".jsx",
    ".mjs",
    ".cjs",
    ".json",
    ".jsonc",
    ".css",
    ".node",
    ".wasm",
  ],
);

/** More bytes than this are not worth reading at every start. */
const largest = 64 * 1024 * 1024;

/** `undefined` when an input cannot be read or is of a kind that is not followed. */
export function stateOf(files: StateFiles, inputs: BundleInputs): string | undefined {
  const state = new State(files);
  try {
    state.add(inputs);
  } catch {
    return undefined;
  }
  return state.fingerprint();
}

class State {
  readonly #files: StateFiles;
  readonly #pieces: Uint8Array[] = [];
  readonly #encoder = new TextEncoder();
  #size = 0;

  constructor(files: StateFiles) {
    this.#files = files;
  }

  add({ contents, kinds, lists, searched, above }: BundleInputs): void {
    const read = new Set(contents);
    for (const path of contents) this.#addContent(path);
    for (const path of kinds) this.#add("kind", path, this.#kindOf(path));
    for (const path of lists) this.#addNames("list", path, () => true);
    for (const [path, named] of searched) {
      const found = this.#addNames(
        "search",
        path,
        (name, isFile) => !isFile || importable.has(extensionOf(name)) || named.includes(name),
      );
      this.#addManifests(path, (name) => found.has(name), read);
    }
    for (const path of above) {
      this.#add("packages", path, this.#kindOf(absolutePath(path, "node_modules")));
      this.#addManifests(path, () => true, read);
    }
  }

  fingerprint(): string {
    const whole = new Uint8Array(this.#size);
    let offset = 0;
    for (const piece of this.#pieces) {
      whole.set(piece, offset);
      offset += piece.length;
    }
    return fingerprint(whole);
  }

  /** `maybe` says whether the directory can have a file of this name. */
  #addManifests(directory: string, maybe: (name: string) => boolean, read: ReadonlySet<string>): void {
    for (const name of yarnFiles) {
      if (maybe(name) && this.#files.lstat(absolutePath(directory, name)) !== null) throw new Error(name);
    }
    for (const name of manifests) {
      const path = absolutePath(directory, name);
      if (maybe(name) && !read.has(path)) this.#addContent(path);
    }
  }

  #addContent(path: string): void {
    const found = this.#files.lstat(path);
    if (found === null) return this.#add("content", path, "nothing");
    if (found.isDirectory) return this.#add("content", path, "directory");
    if (found.isSymlink) this.#add("link", path, this.#kindOf(path));
    else if (!found.isFile) throw new Error(`${path} is not a regular file`);
    if (found.isSymlink && !this.#files.stat(path)?.isFile) return;
    if (this.#size + found.size > largest) throw new Error("too much");
    const bytes = this.#files.readBytesSync(path);
    this.#add("content", path, String(bytes.length));
    this.#push(bytes);
  }

  /** Returns the names that count. */
  #addNames(
    what: string,
    path: string,
    counts: (name: string, isFile: boolean) => boolean,
  ): ReadonlySet<string> {
    const kind = this.#kindOf(path);
    this.#add(what, path, kind);
    if (!kind.startsWith("directory")) return new Set();
    const entries = this.#files.entries(path).filter(({ name, isFile }) => counts(name, isFile))
      .sort((a, b) => a.name < b.name ? -1 : 1);
    const lines = entries.map(({ name, isFile, isDirectory, isSymlink }) =>
      isSymlink
        ? `${name}\0${this.#kindOf(absolutePath(path, name))}`
        : `${name}\0${isFile ? "file" : isDirectory ? "directory" : "other"}`
    );
    this.#add("names", path, lines.join("\0\0"));
    return new Set(entries.map(({ name }) => name));
  }

  /** With the path, links resolved. */
  #kindOf(path: string): string {
    const found = this.#files.stat(path);
    if (found === null) return "nothing";
    const kind = found.isFile ? "file" : found.isDirectory ? "directory" : "other";
    return `${kind} ${this.#files.realPath(path)}`;
  }

  #add(what: string, path: string, value: string): void {
    // With its length, so that no two states give the same text.
    const text = `${path}\0${value}`;
    this.#push(this.#encoder.encode(`${what} ${text.length} ${text}\n`));
  }

  #push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }
}
