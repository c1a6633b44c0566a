/** What esbuild wrote, made into a file that behaves in a worker as its sources would have by themselves. */

import { absolutePath, fileUrl } from "../paths.ts";
import { placeFunctions } from "./source_places.ts";

/** Stands in the bundle's first line until it is known which of the helpers the bundle needs. */
export const preludeMark = "/*denicorn*/";

/**
 * In Deno 2.7 the timers of a program are numbers, in 2.9 objects. npm packages call `setTimeout(…).unref()`; Deno
 * 2.7 gives them objects by the place of their files, which is lost in a bundle.
 */
const timers =
  '{ const timer = setTimeout(() => {}); clearTimeout(timer); if (typeof timer === "number") { ' +
  'const { setTimeout, clearTimeout, setInterval, clearInterval } = process.getBuiltinModule("node:timers"); ' +
  "Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval }); } }";

/**
 * A compiled Deno 2.7 lets `require` read only the files inside the binary. These are the handlers of
 * `node:module`, reading any file.
 */
const requireOfFiles = "if (Deno.build.standalone) { " +
  'const { _extensions } = process.getBuiltinModule("node:module"); ' +
  'const read = (path) => process.getBuiltinModule("node:fs").readFileSync(path, "utf8"); ' +
  '_extensions[".js"] = _extensions[".cjs"] = (module, path) => module._compile(read(path), path); ' +
  '_extensions[".json"] = (module, path) => { module.exports = JSON.parse(read(path)); }; }';

/** Parts of esbuild's own helpers, and what stands there instead. */
const helperFixes: readonly (readonly [string, string])[] = [
  // `import x from` a CommonJS package means `exports.default` when `exports.__esModule` is set, unless the
  // importer is known to be an ES module. In Deno and Node it always means all of `module.exports`.
  ["isNodeMode || !mod || !mod.__esModule ?", "true ?"],
  // `require("./locale/" + name)` in a package means one of the files there, but only by its whole name.
  [
    "var fn = map[path];",
    'var fn = map[path] ?? map[path + ".js"] ?? map[path + ".cjs"] ?? map[path + ".json"] ?? map[path + "/index.js"];',
  ],
  [
    'throw new Error("Module not found in bundle: " + path);',
    'throw Object.assign(new Error("Cannot find module \'" + path + "\'"), { code: "MODULE_NOT_FOUND" });',
  ],
];

export interface BuiltText {
  readonly code: string;
  /** A source map as JSON. */
  readonly map: string;
  /** The directory that `sources` in the map are relative to. */
  readonly directory: string;
  readonly entry: string;
}

export function finishedBundle({ code, map, directory, entry }: BuiltText): string {
  // Packages bundled by esbuild hold the same helpers, which must stay: ours end where the first module begins.
  const end = code.indexOf("\n// ");
  const helpers = helperFixes.reduce(
    (text, [found, fixed]) => text.replace(found, fixed),
    code.slice(0, end),
  );
  const body = helpers.replace(preludeMark, () => prelude(code, entry)) + code.slice(end);
  return `${body}//# sourceMappingURL=data:application/json;base64,${encodedMap(map, directory)}\n`;
}

/** On one line, so that the map still fits. Helpers that load modules of Node come only where they are used. */
function prelude(code: string, entry: string): string {
  const parts = [timers, placeFunctions(code)];
  const requires = code.includes("var __require = ");
  if (requires || code.includes("createRequire")) parts.push(requireOfFiles);
  if (requires) {
    const createRequire = `process.getBuiltinModule("node:module").createRequire`;
    parts.push(`const require = ${createRequire}(${JSON.stringify(fileUrl(entry))});`);
  }
  return parts.join(" ");
}

/** With sources as URLs: as relative paths, names with `%`, `#` or `?` would be read as something else. */
function encodedMap(map: string, directory: string): string {
  const parsed: { sources: string[] } = JSON.parse(map);
  const sources = parsed.sources.map((source) => fileUrl(absolutePath(directory, source)));
  return new TextEncoder().encode(JSON.stringify({ ...parsed, sources })).toBase64();
}
