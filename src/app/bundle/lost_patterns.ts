/**
 * Patterns in `import()` and `require()` that begin in a directory that does not exist: esbuild cannot bundle them. In a
 * package they are mostly in a part that the app does not reach. Before each one its directory is written, so that it
 * is a computed path, which is looked for where plain Deno would.
 */

import type { Message } from "esbuild";
import { absolutePath, directoryOf, fileUrl } from "../paths.ts";

interface Place {
  /** From 1. */
  readonly line: number;
  /** In bytes, from 0: where the pattern begins. */
  readonly column: number;
  readonly isUrl: boolean;
}

export class LostPatterns {
  readonly #places = new Map<string, Place[]>();

  get isEmpty(): boolean {
    return this.#places.size === 0;
  }

  /** False if the error is about something else, or about a pattern that is known. `root` is what paths are relative to. */
  add({ text, location }: Message, root: string): boolean {
    const [, kind] = /^Could not resolve (require|import)\("/.exec(text) ?? [];
    if (kind === undefined || location === null) return false;
    const { file, line, column } = location;
    const path = absolutePath(root, file);
    const known = this.#places.get(path) ?? [];
    if (known.some((place) => place.line === line && place.column === column)) return false;
    this.#places.set(path, [...known, { line, column, isUrl: kind === "import" }]);
    return true;
  }

  /** The text of the module at `path`, with the directory before each of them. */
  edit(path: string, text: string): string {
    const places = this.#places.get(path);
    if (places === undefined) return text;
    const lines = text.split("\n");
    // From the end, so that the places before stay where they are.
    for (const { line, column, isUrl } of places.toSorted((a, b) => b.line - a.line || b.column - a.column)) {
      const bytes = new TextEncoder().encode(lines[line - 1]);
      const directory = `${directoryOf(path)}/`;
      const before = `${JSON.stringify(isUrl ? fileUrl(directory) : directory)} + `;
      const part = (start: number, end?: number) => new TextDecoder().decode(bytes.subarray(start, end));
      lines[line - 1] = part(0, column) + before + part(column);
    }
    return lines.join("\n");
  }
}
