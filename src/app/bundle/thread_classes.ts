/**
 * The classes that start threads, as a bundle changes them: `Worker` of the web and of `node:worker_threads` run the
 * bundle of a file, if there is one. Others of Node's threads get the same `require` as the app has: in a binary
 * compiled by Deno 2.7 the runtime's own reads only files inside the binary. The runtime also gives a thread a global
 * `require`, which CommonJS that is imported would take for its own; without it, `thread-stream`, which pino starts,
 * loads such files by a `require` of its own.
 */

import type { Plugin } from "esbuild";
import { fileUrl } from "../paths.ts";

/** Of the module that takes the place of `node:worker_threads`, whose exports cannot be changed for `import`. */
const namespace = "denicorn-threads";

export function nodeThreads(): Plugin {
  return {
    name: "denicorn-threads",
    setup(build) {
      build.onResolve({ filter: /^(node:)?worker_threads$/ }, ({ path }) => ({ path, namespace }));
      build.onLoad(
        { filter: /./, namespace },
        () => ({ contents: "module.exports = __denicorn_threads();" }),
      );
    },
  };
}

interface Needs {
  /** The bundles of threads, by the paths of their files. */
  readonly texts: ReadonlyMap<string, string>;
  readonly code: string;
  /** Whether packages outside the bundle may start threads of Node. */
  readonly loads: boolean;
  /** What prepares `require` in a thread. */
  readonly requires: string;
}

/** The helpers that `code` needs, on one line. */
export function threadClasses({ texts, code, loads, requires }: Needs): string {
  const needsNode = loads || code.includes("__denicorn_threads(");
  if (texts.size === 0 && !needsNode) return "";
  const byUrl = Object.fromEntries([...texts].map(([path, text]) => [fileUrl(path), text]));
  return [
    `const __denicorn_texts = ${JSON.stringify(byUrl)};`,
    dataUrl,
    texts.size > 0 ? webClass : "",
    needsNode ? nodeClass(requires) : "",
    loads ? "__denicorn_threads();" : "",
  ].join("");
}

/** The runtime gives each thread the arguments of the process, which are not those of the app. */
const dataUrl = "const __denicorn_data = (text) => { " +
  'const before = "Object.defineProperty(Deno, \\"args\\", { value: " + JSON.stringify(Deno.args) + "});"; ' +
  'return "data:text/javascript;base64," + new TextEncoder().encode(before + text).toBase64(); };';

const webClass =
  "{ const Original = globalThis.Worker; globalThis.Worker = class Worker extends Original { " +
  "constructor(file, options) { const text = __denicorn_texts[String(file)]; " +
  "super(text === undefined ? file : __denicorn_data(text), options); } }; }";

/** Parts of the text of a thread. */
const importProcess = JSON.stringify('import process from "node:process"; delete globalThis.require; ');
const createRequire = JSON.stringify('process.getBuiltinModule("node:module").createRequire(');

function nodeClass(requires: string): string {
  return `const __denicorn_requires = ${JSON.stringify(requires)};` +
    "let __denicorn_patched; const __denicorn_threads = () => { " +
    'const threads = process.getBuiltinModule("node:worker_threads"); ' +
    "if (__denicorn_patched) return threads; __denicorn_patched = true; " +
    'const { pathToFileURL, fileURLToPath } = process.getBuiltinModule("node:url"); ' +
    'const { resolve, dirname, extname, join } = process.getBuiltinModule("node:path"); ' +
    'const { readFileSync } = process.getBuiltinModule("node:fs"); ' +
    // As Node decides it: by the extension, or by the nearest package.json.
    'const isCommonJs = (path) => { if (extname(path) !== ".js") return extname(path) === ".cjs"; ' +
    "for (let at = dirname(path);; at = dirname(at)) { " +
    'try { return JSON.parse(readFileSync(join(at, "package.json"), "utf8")).type !== "module"; } catch {} ' +
    "if (at === dirname(at)) return true; } }; " +
    "const started = (file) => { if (/^(data|blob):/.test(String(file))) return file; " +
    "const url = file instanceof URL || /^file:/.test(file) ? new URL(file) : pathToFileURL(resolve(file)); " +
    "const text = __denicorn_texts[url.href]; if (text !== undefined) return new URL(__denicorn_data(text)); " +
    "const path = fileURLToPath(url); if (!isCommonJs(path)) return file; " +
    `const name = JSON.stringify(path); return new URL(__denicorn_data(${importProcess} + __denicorn_requires + ` +
    `${createRequire} + name + ")(" + name + ");")); }; ` +
    "const Original = threads.Worker; threads.Worker = class Worker extends Original { " +
    "constructor(file, options) { super(options?.eval ? file : started(file), options); } }; return threads; };";
}
