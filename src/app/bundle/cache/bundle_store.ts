/** The files of the cache: one per app and version, written whole or not at all, and limited in number and size. */

import { fingerprint } from "../../../core/fingerprint.ts";
import type { System } from "../../../system/system.ts";
import { absolutePath } from "../../paths.ts";
import type { Built } from "../build.ts";
import { isPrivate, userCache } from "../../user_directories.ts";
import type { BundleInputs } from "./bundle_inputs.ts";

/** A bundle, its inputs, and their state when it was made. */
interface CachedBundle extends Built {
  readonly inputs: BundleInputs;
  readonly state: string;
}

const mostEntries = 50;
const largestEntry = 16 * 1024 * 1024;
const largestStore = 100 * 1024 * 1024;
const newline = 10;

export class BundleStore {
  readonly #system: System;
  readonly #key: string;
  readonly #directory: string | undefined;

  constructor(system: System, key: string) {
    this.#system = system;
    this.#key = key;
    const cache = userCache(system);
    this.#directory = cache && absolutePath(cache, "bundles");
  }

  /** `undefined` for a file that is missing or damaged. May also throw for a damaged one. */
  read(): CachedBundle | undefined {
    const { files } = this.#system;
    if (!this.#isTrusted || !isPrivate(this.#system, this.#path, "isFile")) return undefined;
    const bytes = files.readBytesSync(this.#path);
    const [checksum, afterChecksum] = lineAt(bytes, 0);
    if (fingerprint(bytes.subarray(afterChecksum)) !== checksum) return undefined;
    const [head, afterHead] = lineAt(bytes, afterChecksum);
    return { ...JSON.parse(head), text: new TextDecoder().decode(bytes.subarray(afterHead)) };
  }

  /** Creates the directory; false when it cannot be trusted. Throws the error of the system. */
  prepare(): boolean {
    if (this.#directory === undefined) return false;
    this.#system.files.makeDirectory(this.#directory, 0o700);
    return this.#isTrusted;
  }

  /** Throws the error of the system. */
  write({ text, ...head }: CachedBundle): void {
    const { files } = this.#system;
    if (this.#directory === undefined || !this.#isTrusted) return;
    const content = new TextEncoder().encode(`${JSON.stringify(head)}\n${text}`);
    if (content.length > largestEntry) return;
    const draft = files.makePrivateDirectory(this.#directory, "new-");
    try {
      const start = new TextEncoder().encode(`${fingerprint(content)}\n`);
      const whole = new Uint8Array(start.length + content.length);
      whole.set(start);
      whole.set(content, start.length);
      files.writeBytes(`${draft}/bundle`, whole, { mode: 0o600 });
      files.rename(`${draft}/bundle`, this.#path);
    } finally {
      files.remove(draft);
    }
    this.#sweep(this.#directory);
  }

  get #path(): string {
    return `${this.#directory}/${this.#key}`;
  }

  /** Another user who can write to the directory above could replace this one. */
  get #isTrusted(): boolean {
    const cache = userCache(this.#system);
    return cache !== undefined && this.#directory !== undefined &&
      isPrivate(this.#system, cache, "isDirectory") &&
      isPrivate(this.#system, this.#directory, "isDirectory");
  }

  /** Removes the oldest files above the limits. */
  #sweep(directory: string): void {
    const { files } = this.#system;
    const entries = files.list(directory).map((name) => {
      const path = `${directory}/${name}`;
      const { size = 0, modifiedAt = 0 } = files.lstat(path) ?? {};
      return { path, size, modifiedAt };
    }).sort((a, b) => b.modifiedAt - a.modifiedAt);
    let total = 0;
    for (const [index, { path, size }] of entries.entries()) {
      total += size;
      if (index >= mostEntries || total > largestStore) files.remove(path);
    }
  }
}

function lineAt(bytes: Uint8Array, start: number): [line: string, next: number] {
  const end = bytes.indexOf(newline, start);
  if (end === -1) throw new Error("the file ends too early");
  return [new TextDecoder().decode(bytes.subarray(start, end)), end + 1];
}
