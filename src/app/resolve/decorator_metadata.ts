/**
 * With `emitDecoratorMetadata` TypeScript writes the types of what is decorated into the program. esbuild does not know
 * types; without them a framework would find `undefined` while the app runs, so the app is refused.
 */

import type { Plugin } from "esbuild";
import type { Files } from "../../system/system.ts";
import { faultMessage } from "../fault.ts";
import { isPackageFile, nameOf } from "../paths.ts";

/** `config` is the file that sets the option; `undefined` if none does. */
export function decoratorMetadata(files: Files, config: string | undefined): Plugin {
  return {
    name: "denicorn-decorator-metadata",
    setup(build) {
      if (config === undefined) return;
      build.onLoad({ filter: /\.[cm]?tsx?$/, namespace: "file" }, ({ path, with: attributes }) => {
        if (attributes["type"] !== undefined || isPackageFile(path) || files.stat(path)?.isFile !== true) {
          return null;
        }
        const source = files.readTextSync(path);
        const index = firstDecorator(source);
        if (index === -1) return null;
        const text =
          `this decorator needs the types that emitDecoratorMetadata (${
            nameOf(config)
          }) stands for, which a ` +
          "bundler does not know: compile the app with `tsc`, or as its framework does (`nest build`), and serve the " +
          "JavaScript, or remove emitDecoratorMetadata";
        const fault = { code: "app-import-unsupported", text, path } as const;
        return { errors: [{ ...faultMessage(fault), location: locationOf(path, source, index) }] };
      });
    },
  };
}

/** Its place, or -1. Comments and templates may have lines that look like one. */
function firstDecorator(source: string): number {
  const blank = (text: string) => text.replace(/[^\n]/g, " ");
  const code = source.replace(/\/\*[^]*?\*\/|\/\/.*|`(?:\\[^]|[^`\\])*`/g, blank);
  return code.search(/(?<=^[ \t]*)@[A-Za-z_$]/m);
}

function locationOf(file: string, source: string, index: number) {
  const before = source.slice(0, index).split("\n");
  const start = before.at(-1) ?? "";
  const lineText = source.split("\n")[before.length - 1] ?? "";
  return { file, line: before.length, column: new TextEncoder().encode(start).length, lineText };
}
