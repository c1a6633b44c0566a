/** Imports of what is neither JavaScript nor data: FIFOs and devices, native addons, style sheets and WebAssembly. */

import type { Plugin } from "esbuild";
import type { Files } from "../../system/system.ts";
import { type Fault, faultMessage, nativeAddonPhrase } from "../fault.ts";
import { directoryOf, isPackageFile, nameOf } from "../paths.ts";
import { ownerOf } from "./missing_import.ts";

/** Packages that find and load the addon of another package. */
const addonLoaders =
  /^(bindings|node-gyp-build(-optional-packages)?|@mapbox\/node-pre-gyp|node-pre-gyp|pkg-prebuilds|@neon-rs\/load)$/;

/** Before anything opens it: reading a FIFO waits for a writer, and reading a device may never end. */
export function irregularFiles(files: Files): Plugin {
  return {
    name: "denicorn-irregular",
    setup(build) {
      build.onLoad({ filter: /./, namespace: "file" }, ({ path }) => {
        const found = files.stat(path);
        if (found === null || found.isFile || found.isDirectory) return null;
        return { errors: [faultMessage({ code: "app-not-found", text: `"${path}" is not a regular file` })] };
      });
    },
  };
}

/**
 * A native addon throws when the app reaches it, not when the app is bundled: many packages try to load one and
 * continue in plain JavaScript without it.
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
        return { errors: [faultMessage(notModule(path))] };
      });
    },
  };
}

/** For a file of a kind that can only be imported as data. */
export function notModule(path: string): Fault {
  return {
    code: "app-import-unsupported",
    text: `"${nameOf(path)}" is not a module: import it with { type: "text" } or { type: "bytes" }`,
  };
}

function nativeAddon(what: string): { contents: string; loader: "js" } {
  const message = `${what} ${nativeAddonPhrase}, which a bundle cannot hold: ` +
    "use a package in JavaScript or WebAssembly, or a module of the runtime such as node:sqlite";
  // Many packages continue without their addon only when the error says that it was not found.
  const code = "MODULE_NOT_FOUND";
  return {
    contents: `throw Object.assign(new Error(${JSON.stringify(message)}), { code: "${code}" });`,
    loader: "js",
  };
}

/** `import { add } from "./add.wasm"`, as in Deno: a module that exports what the WebAssembly instance exports. */
export function wasmModules(files: Files): Plugin {
  return {
    name: "denicorn-wasm",
    setup(build) {
      build.onLoad({ filter: /\.wasm$/ }, ({ path, with: attributes }) => {
        if (attributes["type"] !== undefined) return null;
        const bytes = files.readBytesSync(path);
        if (!WebAssembly.validate(bytes)) {
          const text = `"${nameOf(path)}" is not valid WebAssembly`;
          return { errors: [faultMessage({ code: "app-syntax", text })] };
        }
        const contents = instanceModule(nameOf(path), new WebAssembly.Module(bytes));
        return { contents, loader: "js", resolveDir: directoryOf(path) };
      });
    },
  };
}

/** A JavaScript module that instantiates the file with what it imports and exports what it exports. */
function instanceModule(name: string, module: WebAssembly.Module): string {
  const needed = [...new Set(WebAssembly.Module.imports(module).map((descriptor) => descriptor.module))];
  const imports = needed.map((from, index) => `import * as needed${index} from ${JSON.stringify(from)};`);
  const given = needed.map((from, index) => `${JSON.stringify(from)}: needed${index}`);
  const exports = WebAssembly.Module.exports(module).map(({ name, kind }, index) => {
    const value = `exports[${JSON.stringify(name)}]${kind === "global" ? ".value" : ""}`;
    return `const export${index} = ${value}; export { export${index} as ${JSON.stringify(name)} };`;
  });
  return [
    `import bytes from ${JSON.stringify(`./${name}`)} with { type: "bytes" };`,
    ...imports,
    `const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { ${given.join(", ")} });`,
    ...exports,
  ].join("\n");
}
