/** Imports of what is neither JavaScript nor data: FIFOs and devices, style sheets and WebAssembly. */

import type { Plugin } from "esbuild";
import type { Files } from "../../system/system.ts";
import { type Fault, faultMessage } from "../fault.ts";
import { directoryOf, nameOf } from "../paths.ts";

/** Before anything opens it: reading a FIFO waits for a writer, and reading a device may never end. */
export function irregularFiles(files: Files): Plugin {
  return {
    name: "denicorn-irregular",
    setup(build) {
      build.onLoad({ filter: /./, namespace: "file" }, ({ path }) => {
        const found = files.stat(path);
        if (found === null || found.isFile || found.isDirectory) return null;
        const text = `"${path}" is not a regular file`;
        return { errors: [faultMessage({ code: "app-not-found", text, path })] };
      });
    },
  };
}

/** Style sheets, which esbuild would bundle as such. */
export function unloadableFiles(): Plugin {
  return {
    name: "denicorn-unloadable",
    setup(build) {
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
    path,
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
          return { errors: [faultMessage({ code: "app-syntax", text, path })] };
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
