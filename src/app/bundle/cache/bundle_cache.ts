/**
 * Bundles kept between starts, in the user's cache. A bundle is only used again while all its inputs are the same
 * (`bundle_inputs.ts`, `input_state.ts`).
 *
 * The time to the first response with two workers, in ms, by `bench/start.ts` (large: 300 modules and zod; two cores):
 *
 *                       hello   guestbook   large
 *     source, bundled     170         660     939
 *     source, cached      163         527     532
 *     binary, bundled     137         407     574
 *     binary, cached      107         302     229
 */

import { sha256 } from "../../../core/sha256.ts";
import { version } from "../../../core/version.ts";
import { lazyModule } from "../../../system/lazy_module.ts";
import type { Files, System } from "../../../system/system.ts";
import { directoryOf, filePath } from "../../paths.ts";
import type { BuildRequest, Built } from "../build.ts";
import { esbuildVersion } from "../esbuild_executable.ts";
import type { BundleOrigin, FileAccess } from "./bundle_inputs.ts";
import { BundleStore } from "./bundle_store.ts";
import { stateOf } from "./input_state.ts";

const builder = lazyModule(() => import("../build.ts"));
const inputFinder = lazyModule(() => import("./bundle_inputs.ts"));

export class BundleCache {
  readonly #system: System;
  readonly #request: BuildRequest;
  readonly #store: BundleStore;

  private constructor(system: System, request: BuildRequest, store: BundleStore) {
    this.#system = system;
    this.#request = request;
    this.#store = store;
  }

  /** `undefined` when there is no place for it. */
  static open(system: System, request: BuildRequest): BundleCache | undefined {
    try {
      const { entry, external, tasks, action, workingDirectory } = request;
      const program = programIdentity(system.files);
      if (program === undefined) return undefined;
      // Messages, such as warnings, name files relative to the working directory.
      const parts = [version, program, action, entry, external, tasks, workingDirectory];
      const key = sha256(JSON.stringify(parts)).toHex();
      const store = new BundleStore(system, key);
      return store.prepare() ? new BundleCache(system, request, store) : undefined;
    } catch {
      return undefined;
    }
  }

  /** The cached bundle, if a new one would be the same. */
  find(): Built | undefined {
    try {
      const cached = this.#store.read();
      if (cached === undefined) return undefined;
      const { inputs, state, ...built } = cached;
      return stateOf(this.#system.files, inputs) === state ? built : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Bundles again and stores the result, if its inputs are the same before and after. The bundle that `origin`
   * belongs to cannot be stored: a file may have changed while it was made. Never fails.
   */
  async add(origin: BundleOrigin): Promise<void> {
    try {
      const { inputsOf } = await inputFinder();
      const { build } = await builder();
      const { files } = this.#system;
      const access = accessTo(files);
      const inputs = inputsOf(origin, access);
      if (inputs === undefined) return;
      const state = stateOf(files, inputs);
      if (state === undefined) return;
      const again = await build(this.#system, this.#request);
      const isSame = JSON.stringify(inputsOf(again.origin, access)) === JSON.stringify(inputs);
      if (!isSame || stateOf(files, inputs) !== state) return;
      this.#store.write({ ...again.built, inputs, state });
    } catch {
      // A full disk or a file that is gone: the next start bundles again.
    }
  }
}

function accessTo(files: Files): FileAccess {
  return {
    isDirectory: (path) => files.stat(path)?.isDirectory ?? false,
    read: (path) => files.stat(path)?.isFile ? files.readTextSync(path) : undefined,
  };
}

/** The digest of the sources, written into the program when it is compiled. */
declare const DENICORN_SOURCES: string | undefined;

/** Differs between builds of Denicorn that may bundle the same files differently; `undefined` when unknown. */
function programIdentity(files: Files): string | undefined {
  const esbuild = esbuildVersion();
  if (esbuild === undefined) return undefined;
  const sources = typeof DENICORN_SOURCES === "undefined"
    ? sourcesDigest(files, directoryOf(directoryOf(directoryOf(filePath(import.meta.url)))))
    : DENICORN_SOURCES;
  return `${esbuild} ${sources}`;
}

/** Of all files in `directory`, which is src/app: its version stays the same during development. */
export function sourcesDigest(files: Files, directory: string): string {
  const paths = sourcesIn(files, directory);
  return sha256(
    paths.map((path) => `${path}\n${files.readTextSync(`${directory}/${path}`)}`).join("\0"),
  ).toHex();
}

function sourcesIn(files: Files, directory: string, prefix = ""): string[] {
  return files.list(`${directory}/${prefix}`).sort().flatMap((name) => {
    const path = prefix + name;
    if (name.endsWith(".ts")) return [path];
    return files.stat(`${directory}/${path}`)?.isDirectory ? sourcesIn(files, directory, `${path}/`) : [];
  });
}
