/** `import { add } from "./add.wasm"`, as in Deno: a WebAssembly module whose exports are those of the instance. */

import type { Plugin } from "esbuild";
import type { Files } from "../../system/system.ts";
import { faultMessage } from "../fault.ts";
import { directoryOf, nameOf } from "../paths.ts";

export function wasmModules(files: Files): Plugin {
  return {
    name: "denicorn-wasm",
    setup(build) {
      build.onLoad({ filter: /\.wasm$/ }, async ({ path, with: attributes }) => {
        if (attributes["type"] !== undefined) return null;
        const bytes = new Uint8Array(await files.readBytes(path));
        if (!WebAssembly.validate(bytes)) {
          const text = `"${nameOf(path)}" is not valid WebAssembly`;
          return { errors: [faultMessage({ code: "app-syntax", text })] };
        }
        const contents = moduleText(nameOf(path), new WebAssembly.Module(bytes));
        return { contents, loader: "js", resolveDir: directoryOf(path) };
      });
    },
  };
}

/** A JavaScript module that instantiates the file with what it imports and exports what it exports. */
function moduleText(name: string, module: WebAssembly.Module): string {
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
