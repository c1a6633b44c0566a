/** Turns the output of esbuild into a file that behaves in a worker as its sources would in Deno. */

import { addonHint, nativeAddonPhrase } from "../fault.ts";
import { absolutePath, fileUrl } from "../paths.ts";
import { metadataFunctions } from "../resolve/decorator_metadata.ts";
import { loadFunction } from "../resolve/external_packages.ts";
import { placeFunctions } from "./source_places.ts";
import { threadClasses } from "./thread_classes.ts";

/** A placeholder in the bundle's first line, for the helpers that the bundle needs. */
export const preludeMark = "/*denicorn*/";

/**
 * In Deno 2.7 timers are numbers, in 2.9 objects. npm packages call `setTimeout(…).unref()`: Deno 2.7 gives them
 * objects because of where their files are, which a bundle does not preserve.
 */
const timers =
  '{ const timer = setTimeout(() => {}); clearTimeout(timer); if (typeof timer === "number") { ' +
  'const { setTimeout, clearTimeout, setInterval, clearInterval } = process.getBuiltinModule("node:timers"); ' +
  "Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval }); } }";

/**
 * In a binary compiled by Deno 2.7, `require` reads only files inside the binary. These replace the handlers of
 * `node:module` by ones that read any file.
 */
const requireOfFiles = "if (Deno.build.standalone) { " +
  'const { _extensions } = process.getBuiltinModule("node:module"); ' +
  'const read = (path) => process.getBuiltinModule("node:fs").readFileSync(path, "utf8"); ' +
  '_extensions[".js"] = _extensions[".cjs"] = (module, path) => module._compile(read(path), path); ' +
  '_extensions[".json"] = (module, path) => { module.exports = JSON.parse(read(path)); }; }';

/**
 * Deno says why it cannot load an addon, but not what to do. A binary compiled by Deno 2.7 would end at one that was made
 * for the older interface of Node.
 */
const explainedAddons = '{ const { _extensions } = process.getBuiltinModule("node:module"); ' +
  'const load = _extensions[".node"]; _extensions[".node"] = (module, path) => { try { ' +
  'if (Deno.build.standalone && process.getBuiltinModule("node:fs").readFileSync(path).includes("node_module_register")) { ' +
  'throw new TypeError("it was made for the older addon interface of Node, not for Node-API"); } ' +
  "return load(module, path); } catch (error) { " +
  `const text = path + " ${nativeAddonPhrase}: " + String(error?.message).split(String.fromCharCode(10), 1)[0] + ${
    JSON.stringify(addonHint)
  }; ` +
  'throw Object.assign(new Error(text), { code: error?.code ?? "ERR_DLOPEN_FAILED" }); } }; }';

/** What Node's programs read, in place of those of the worker. */
function ownArguments(entry: string): string {
  return `process.argv.splice(1, process.argv.length, ${JSON.stringify(entry)}, ...Deno.args);`;
}

/** Parts of esbuild's own helpers, and their replacements. */
const helperFixes: readonly (readonly [string, string])[] = [
  // For esbuild, `import x from` a CommonJS package is `exports.default` when `exports.__esModule` is set, unless the
  // importer is known to be an ES module. In Deno and Node it is always the whole `module.exports`.
  // An ES module that was left out of the bundle comes as its namespace.
  ["isNodeMode || !mod || !mod.__esModule ?", 'mod?.[Symbol.toStringTag] !== "Module" ?'],
  // `require("./locale/" + name)` in a package finds the files there only by their full names.
  [
    "var fn = map[path];",
    'var fn = map[path] ?? map[path + ".js"] ?? map[path + ".cjs"] ?? map[path + ".json"] ?? map[path + "/index.js"];',
  ],
  [
    'throw new Error("Module not found in bundle: " + path);',
    'throw Object.assign(new Error("Cannot find module \'" + path + "\'"), { code: "MODULE_NOT_FOUND" });',
  ],
];

interface BuiltText {
  readonly code: string;
  /** A source map as JSON. */
  readonly map: string;
  /** The directory that `sources` in the map are relative to. */
  readonly directory: string;
  readonly entry: string;
  /** Whether the entry is the main module of the process. */
  readonly isMain: boolean;
  /** The bundles of its Web Workers, by the paths of their files. */
  readonly threads: ReadonlyMap<string, string>;
}

export function finishedBundle({ code, map, directory, entry, isMain, threads }: BuiltText): string {
  // A package that was bundled by esbuild has the same helpers, which must stay: ours end at the first module.
  const end = code.indexOf("\n// ");
  const helpers = helperFixes.reduce(
    (text, [found, fixed]) => text.replace(found, fixed),
    code.slice(0, end),
  );
  const body = helpers.replace(preludeMark, () => prelude({ code, entry, isMain, threads })) +
    code.slice(end);
  return `${body}//# sourceMappingURL=data:application/json;base64,${encodedMap(map, directory)}\n`;
}

/** On one line, so that the map stays valid. Helpers that load modules of Node are added only if they are used. */
function prelude({ code, entry, isMain, threads: texts }: Omit<BuiltText, "map" | "directory">): string {
  const parts = [timers, placeFunctions(code, isMain ? fileUrl(entry) : null)];
  if (code.includes("__denicorn_types(")) parts.push(metadataFunctions);
  const requires = code.includes("var __require = ");
  const loads = code.includes("__denicorn_load(");
  if (loads) parts.push(loadFunction);
  if (loads || requires || code.includes("createRequire")) parts.push(requireOfFiles, explainedAddons);
  if (isMain && (loads || /\bargv\b/.test(code))) parts.push(ownArguments(entry));
  parts.push(threadClasses({ texts, code, loads, requires: requireOfFiles + explainedAddons }));
  if (requires) {
    const createRequire = `process.getBuiltinModule("node:module").createRequire`;
    parts.push(`const require = ${createRequire}(${JSON.stringify(fileUrl(entry))});`);
  }
  return parts.join(" ");
}

/** With sources as URLs: in relative paths, `%`, `#` and `?` would be misread. */
function encodedMap(map: string, directory: string): string {
  const parsed: { sources: string[] } = JSON.parse(map);
  const sources = parsed.sources.map((source) => fileUrl(absolutePath(directory, source)));
  return new TextEncoder().encode(JSON.stringify({ ...parsed, sources })).toBase64();
}
