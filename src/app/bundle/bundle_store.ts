/** The files that bundles are kept in: one per app and version, whole or not there, and not too many. */

import type { System } from "../../system/system.ts";
import type { KeptBundle } from "./bundle_cache.ts";
import { isOurs, userCache } from "./cache_directory.ts";
import { sha256 } from "../digest.ts";
import { absolutePath } from "../paths.ts";

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

  /** What is not whole counts as not there. */
  async read(): Promise<KeptBundle | undefined> {
    const { files } = this.#system;
    if (!this.#isTrusted || !isOurs(this.#system, this.#path, "isFile")) return undefined;
    const bytes = files.readBytesSync(this.#path);
    const [checksum, afterChecksum] = lineAt(bytes, 0);
    if (await sha256(bytes.subarray(afterChecksum)) !== checksum) return undefined;
    const [head, afterHead] = lineAt(bytes, afterChecksum);
    return { ...JSON.parse(head), text: new TextDecoder().decode(bytes.subarray(afterHead)) };
  }

  /** Makes the directory; false where it cannot be written and trusted. Throws what the system says. */
  prepare(): boolean {
    if (this.#directory === undefined) return false;
    this.#system.files.makeDirectory(this.#directory, 0o700);
    return this.#isTrusted;
  }

  /** Throws what the system says. */
  async write({ text, ...head }: KeptBundle): Promise<void> {
    const { files } = this.#system;
    if (this.#directory === undefined || !this.#isTrusted) return;
    const content = new TextEncoder().encode(`${JSON.stringify(head)}\n${text}`);
    if (content.length > largestEntry) return;
    const draft = files.makePrivateDirectory(this.#directory, "new-");
    try {
      const start = new TextEncoder().encode(`${await sha256(content)}\n`);
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

  /** The directory above could be used to put another in the place of this one. */
  get #isTrusted(): boolean {
    const cache = userCache(this.#system);
    return cache !== undefined && this.#directory !== undefined &&
      isOurs(this.#system, cache, "isDirectory") && isOurs(this.#system, this.#directory, "isDirectory");
  }

  /** The oldest go first. */
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
