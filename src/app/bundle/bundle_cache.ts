/**
 * Bundles kept between starts, in the user's cache. A bundle is only used again while everything it was made
 * from, and every place that was searched for it, looks as it did; see `bundle_places.ts`.
 */

import { version } from "../../core/version.ts";
import type { System } from "../../system/system.ts";
import type { BuildRequest, Built } from "./build.ts";
import type { BundleOrigin, Look, Places } from "./bundle_places.ts";
import { stateOf } from "./bundle_state.ts";
import { BundleStore } from "./bundle_store.ts";
import { sha256 } from "../digest.ts";
import { programIdentity } from "./program_identity.ts";

export class BundleCache {
  readonly #system: System;
  readonly #request: BuildRequest;
  readonly #store: BundleStore;

  private constructor(system: System, request: BuildRequest, store: BundleStore) {
    this.#system = system;
    this.#request = request;
    this.#store = store;
  }

  /** `undefined` where there is no place for it. */
  static async open(system: System, request: BuildRequest): Promise<BundleCache | undefined> {
    try {
      const { entry, action, workingDirectory } = request;
      const program = await programIdentity(system.files);
      if (program === undefined) return undefined;
      // Messages, warnings among them, are worded by the working directory.
      const key = await sha256(JSON.stringify([version, program, action, entry, workingDirectory]));
      return new BundleCache(system, request, new BundleStore(system, key));
    } catch {
      return undefined;
    }
  }

  /** What was kept, if a new bundle would be the same. */
  async find(): Promise<Built | undefined> {
    try {
      const entry = await this.#store.read();
      if (entry === undefined) return undefined;
      const { places, state, ...built } = entry;
      return await stateOf(this.#system.files, places) === state ? built : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Keeps a bundle of what lies there now. It is made anew, between two looks at all that it depends on: of the
   * one that `origin` tells of nobody can say whether a file changed while it was made.
   */
  async keep(origin: BundleOrigin): Promise<void> {
    try {
      const { placesOf } = await import("./bundle_places.ts");
      const { build } = await import("./build.ts");
      const { files } = this.#system;
      const look = lookAt(files);
      const places = placesOf(origin, look);
      if (places === undefined || !this.#store.prepare()) return;
      const state = await stateOf(files, places);
      if (state === undefined) return;
      const again = await build(this.#system, this.#request);
      const isSame = JSON.stringify(placesOf(again.origin, look)) === JSON.stringify(places);
      if (!isSame || await stateOf(files, places) !== state) return;
      await this.#store.write({ ...again.built, places, state });
    } catch {
      // A full disk, a file that is gone: the next start bundles as this one did.
    }
  }
}

function lookAt(files: System["files"]): Look {
  return {
    isDirectory: (path) => files.stat(path)?.isDirectory ?? false,
    read: (path) => files.stat(path)?.isFile ? files.readTextSync(path) : undefined,
  };
}

/** A bundle and what must be as it was. */
export interface KeptBundle extends Built {
  readonly places: Places;
  readonly state: string;
}
