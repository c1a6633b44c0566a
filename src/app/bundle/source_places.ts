/**
 * In a bundle, `import.meta`, `__dirname`, `__filename` and `require.resolve` would refer to the bundle file. esbuild
 * replaces them by other names, and every module that mentions one gets its own constants of these names.
 */

import type { Plugin } from "esbuild";
import type { Files } from "../../system/system.ts";
import { fileUrl } from "../paths.ts";

export const placeDefines = {
  "import.meta": "__denicorn_meta",
  "__dirname": "__denicorn_meta.dirname",
  "__filename": "__denicorn_meta.filename",
  "require.resolve": "__denicorn_resolve",
} as const;

/** Functions that create these constants, defined once in the bundle's first line. */
const resolverFunction = "const __denicorn_resolver = (url) => (...wanted) => " +
  'process.getBuiltinModule("node:module").createRequire(url).resolve(...wanted);';
const placeFunction = "const __denicorn_place = (url) => { " +
  "const filename = decodeURIComponent(new URL(url).pathname); " +
  'const dirname = filename.slice(0, filename.lastIndexOf("/")) || "/"; ' +
  "const resolve = (to) => /^\\.{0,2}\\//.test(to) || URL.canParse(to) ? new URL(to, url).href " +
  ': Object.assign(new URL(url), { pathname: __denicorn_resolver(url)(to).replaceAll("%", "%25") }).href; ' +
  "return { url, filename, dirname, main: url === __denicorn_main, resolve }; };";

/** The functions that `code` calls, on one line. `main` is the URL of the module for which `import.meta.main` is true. */
export function placeFunctions(code: string, main: string | null): string {
  const place = code.includes("__denicorn_place(")
    ? `const __denicorn_main = ${JSON.stringify(main)};${placeFunction}`
    : "";
  return (place !== "" || code.includes("__denicorn_resolver(") ? resolverFunction : "") + place;
}

/** Text that may be added before the first line of a module; code frames leave it out. */
export const addedText =
  /^(?:\/\*\* @jsxRuntime \w+ \*\/)?(?:const __denicorn_\w+ = \/\* @__PURE__ \*\/ __denicorn_\w+\("[^"]*"\);)*/;

/** `edit` changes the text of a module when it is complete. */
export function sourcePlaces(files: Files, edit: (path: string, text: string) => string): Plugin {
  return {
    name: "denicorn-places",
    setup(build) {
      build.onLoad({ filter: /\.[cm]?[jt]sx?$/ }, ({ path, with: attributes }) => {
        // Imported as text or bytes: unchanged.
        if (attributes["type"] !== undefined) return null;
        const text = readText(files, path);
        if (text === undefined) return null;
        const contents = edit(path, withFirst(text, jsxRuntime(path, text) + placeOf(path, text)));
        return contents === text ? null : { contents, loader: "default" };
      });
    },
  };
}

function placeOf(path: string, text: string): string {
  const url = JSON.stringify(fileUrl(path));
  // Marked as pure, so that an unused module is still dropped from the bundle.
  const place = /\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b/.test(text)
    ? `const __denicorn_meta = /* @__PURE__ */ __denicorn_place(${url});`
    : "";
  const resolve = /\brequire[\s?.[\]"'`]+resolve\b/.test(text)
    ? `const __denicorn_resolve = /* @__PURE__ */ __denicorn_resolver(${url});`
    : "";
  return place + resolve;
}

/** In TypeScript and Deno these pragmas also choose the JSX transform; esbuild needs a pragma for that. */
function jsxRuntime(path: string, text: string): string {
  if (!/\.[jt]sx$/.test(path) || text.includes("@jsxRuntime")) return "";
  if (/@jsxImportSource\s/.test(text)) return "/** @jsxRuntime automatic */";
  return /@jsx\s/.test(text) ? "/** @jsxRuntime classic */" : "";
}

/** On the existing first line, so that line numbers stay the same. */
function withFirst(text: string, added: string): string {
  const hashbang = /^#!.*\n/.exec(text)?.[0] ?? "";
  return hashbang + added + text.slice(hashbang.length);
}

function readText(files: Files, path: string): string | undefined {
  try {
    return files.readTextSync(path);
  } catch {
    // esbuild reports the same fault and knows where the file was imported.
    return undefined;
  }
}
