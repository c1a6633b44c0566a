/** Files that packages import although a bundle cannot hold them. */

import type { Plugin } from "esbuild";
import { type Fault, faultMessage, nativeAddonPhrase } from "../fault.ts";
import { isPackageFile, nameOf } from "../paths.ts";
import { ownerOf } from "./missing_import.ts";

/** Packages that find and load the addon of another package. */
const addonLoaders =
  /^(bindings|node-gyp-build(-optional-packages)?|@mapbox\/node-pre-gyp|node-pre-gyp|pkg-prebuilds|@neon-rs\/load)$/;

/**
 * Native addons throw when the app reaches them, not when it is bundled: many packages try one and go on in
 * plain JavaScript without it.
 */
export function unloadableFiles(): Plugin {
  return {
    name: "denicorn-unloadable",
    setup(build) {
      build.onResolve({ filter: addonLoaders }, ({ importer }) => ({
        path: isPackageFile(importer) ? ownerOf(importer) : importer,
        namespace: "native-addon-of",
      }));
      build.onLoad({ filter: /./, namespace: "native-addon-of" }, ({ path }) => nativeAddon(`"${path}"`));
      build.onLoad(
        { filter: /\.node$/ },
        ({ path, with: attributes }) => attributes["type"] === undefined ? nativeAddon(path) : null,
      );
      build.onLoad({ filter: /\.css$/ }, ({ path, with: attributes }) => {
        if (attributes["type"] !== undefined) return null;
        return { errors: [faultMessage(noModule(path))] };
      });
    },
  };
}

/** For a file of a kind that is only imported as data. */
export function noModule(path: string): Fault {
  return {
    code: "app-import-unsupported",
    text: `"${nameOf(path)}" is no module: import it with { type: "text" } or { type: "bytes" }`,
  };
}

function nativeAddon(what: string): { contents: string; loader: "js" } {
  const message = `${what} ${nativeAddonPhrase}, which a bundle cannot hold: ` +
    "use a package in JavaScript or WebAssembly, or a module of the runtime such as node:sqlite";
  // Many packages do without their addon only when the error says that it was not found.
  const code = "MODULE_NOT_FOUND";
  return {
    contents: `throw Object.assign(new Error(${JSON.stringify(message)}), { code: "${code}" });`,
    loader: "js",
  };
}
