/**
 * Packages that stay out of the bundle and are loaded from `node_modules` while the app runs: those that load native
 * addons, those that look for files beside their own or start them as threads, and those that the app names.
 */

import type { Plugin } from "esbuild";
import type { Files } from "../../system/system.ts";
import { asRecord } from "../jsonc.ts";
import { absolutePath, fileUrl } from "../paths.ts";
import { installedIn } from "./package_version.ts";
import { packageNameOf } from "./specifiers.ts";

/** They read files of their own by computed paths, or start them in threads and processes. */
const known: ReadonlySet<string> = new Set([
  "@prisma/client",
  "esbuild",
  "jsdom",
  "next",
  "playwright",
  "playwright-core",
  "puppeteer",
  "sharp",
  "thread-stream",
  "typescript",
  "vite",
  "webpack",
]);

/** Packages that find and load the addon of another package. */
const addonLoaders =
  /^(bindings|node-gyp-build(-optional-packages)?|@mapbox\/node-pre-gyp|node-pre-gyp|pkg-prebuilds|@neon-rs\/load)$/;

/** Of the generated modules that load a package or an addon. */
const namespace = "denicorn-external";

/** Loads what is left out of the bundle; defined once in its first line. */
export const loadFunction = "const __denicorn_load = (url, wanted) => " +
  'process.getBuiltinModule("node:module").createRequire(url)(wanted);';

export class ExternalPackages {
  readonly #files: Files;
  readonly #given: readonly string[];
  readonly #found = new Map<string, boolean>();

  /** `given` are names of packages, or scopes as `@scope/*`. */
  constructor(files: Files, given: readonly string[]) {
    this.#files = files;
    this.#given = given;
  }

  /** What to import in place of the bare `specifier`, as seen from `directory`; `null` if it is bundled or not installed. */
  replacement(specifier: string, directory: string): { path: string; namespace: string } | null {
    if (specifier.startsWith("#")) return null;
    const name = packageNameOf(specifier);
    const modules = installedIn(this.#files, name, directory);
    if (modules === undefined || !this.#isExternal(name, absolutePath(modules, name))) return null;
    return { path: JSON.stringify([`${modules}/`, specifier]), namespace };
  }

  plugin(): Plugin {
    return {
      name: "denicorn-external",
      setup(build) {
        build.onLoad({ filter: /./, namespace }, ({ path }) => {
          const [from, specifier]: [string, string] = JSON.parse(path);
          return loading(from, specifier);
        });
        build.onLoad(
          { filter: /\.node$/ },
          ({ path, with: attributes }) => attributes["type"] === undefined ? loading(path, path) : null,
        );
      },
    };
  }

  #isExternal(name: string, path: string): boolean {
    let found = this.#found.get(path);
    if (found === undefined) {
      found = known.has(name) || addonLoaders.test(name) || this.#isGiven(name) || this.#loadsAddon(path);
      this.#found.set(path, found);
    }
    return found;
  }

  #isGiven(name: string): boolean {
    return this.#given.some((given) =>
      given.endsWith("/*") ? name.startsWith(given.slice(0, -1)) : given === name
    );
  }

  #loadsAddon(path: string): boolean {
    try {
      const manifest = asRecord(JSON.parse(this.#files.readTextSync(absolutePath(path, "package.json")))) ??
        {};
      const { napi, gypfile, binary, dependencies } = manifest;
      return asRecord(napi) !== undefined || asRecord(binary) !== undefined || gypfile === true ||
        Object.keys(asRecord(dependencies) ?? {}).some((name) => addonLoaders.test(name));
    } catch {
      // Without a manifest it is bundled; esbuild reports what is wrong with it.
      return false;
    }
  }
}

function loading(from: string, wanted: string): { contents: string; loader: "js" } {
  const args = [fileUrl(from), wanted].map((text) => JSON.stringify(text)).join(", ");
  return { contents: `module.exports = __denicorn_load(${args})`, loader: "js" };
}
