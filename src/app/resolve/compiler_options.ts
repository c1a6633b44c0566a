/** The compiler options of the app. */

import type { BuildOptions } from "esbuild";
import type { Files } from "../../system/system.ts";
import { asRecord, parseJsonc } from "../jsonc.ts";
import { absolutePath, directoryOf, upwardFrom } from "../paths.ts";
import { isConfig, type Project, type Projects } from "./project.ts";

/** The options that change what the code does, not only its types. */
const meaningful = [
  "experimentalDecorators",
  "jsx",
  "jsxFactory",
  "jsxFragmentFactory",
  "jsxImportSource",
  "useDefineForClassFields",
  "verbatimModuleSyntax",
] as const;

/** From a pattern to the paths it may stand for. */
type Paths = Record<string, string[]>;

export interface CompilerOptions {
  readonly build: Pick<BuildOptions, "tsconfig" | "tsconfigRaw">;
  /** Whether imports are resolved by `paths` that esbuild does not read itself. */
  readonly hasPaths: boolean;
  /** Whether `emitDecoratorMetadata` is set, and decorators are those that it is about. */
  readonly emitsDecoratorMetadata: boolean;
}

/**
 * The `compilerOptions` of the app's `deno.json`, or else the nearest `tsconfig.json`, for all files of the app:
 * esbuild would look for a `tsconfig.json` for each file, but not for files that a plugin resolved.
 */
export function compilerOptionsFor(files: Files, projects: Projects, entry: string): CompilerOptions {
  const projectsWithOptions = projects.of(entry).filter(({ compilerOptions }) =>
    compilerOptions !== undefined
  );
  const tsconfig = nearestTsconfig(files, entry);
  const [nearest] = projectsWithOptions;
  if (nearest === undefined || isNearer(files, tsconfig, nearest)) {
    return tsconfig === undefined
      ? { build: { tsconfigRaw: {} }, hasPaths: false, emitsDecoratorMetadata: false }
      : {
        build: { tsconfig },
        hasPaths: false,
        emitsDecoratorMetadata: emitsMetadata(files, tsconfig),
      };
  }
  const merged: Record<string, unknown> = {};
  for (const { compilerOptions } of projectsWithOptions.toReversed()) Object.assign(merged, compilerOptions);
  const compilerOptions = Object.fromEntries(
    meaningful.filter((name) => merged[name] !== undefined).map((name) => [name, merged[name]]),
  );
  // Deno's "precompile" renders the same JSX faster; esbuild has no such mode.
  if (compilerOptions["jsx"] === "precompile") compilerOptions["jsx"] = "react-jsx";
  const isEmitted = merged["emitDecoratorMetadata"] === true && merged["experimentalDecorators"] === true;
  const withPaths = projectsWithOptions.find(({ compilerOptions }) =>
    compilerOptions?.["paths"] !== undefined
  );
  const paths = withPaths !== undefined
    ? absolutePaths(withPaths.compilerOptions?.["paths"], withPaths.directory)
    : tsconfig === undefined
    ? undefined
    : pathsOf(files, tsconfig);
  return {
    build: {
      tsconfigRaw: { compilerOptions: { ...compilerOptions, ...(paths === undefined ? {} : { paths }) } },
    },
    hasPaths: paths !== undefined,
    emitsDecoratorMetadata: isEmitted,
  };
}

/** Whether a package below the project of `deno.json` has a `tsconfig.json` of its own, which then counts, as in Deno. */
function isNearer(files: Files, tsconfig: string | undefined, { directory }: Project): boolean {
  if (tsconfig === undefined) return false;
  const own = directoryOf(tsconfig);
  return own.startsWith(directory === "/" ? "/" : `${directory}/`) &&
    files.stat(absolutePath(own, "package.json"))?.isFile === true;
}

function emitsMetadata(files: Files, tsconfig: string): boolean {
  const of = (name: string) => optionOf(files, tsconfig, name)?.value;
  return of("emitDecoratorMetadata") === true && of("experimentalDecorators") === true;
}

/** An option as the file sets it, or one that it extends by its path, and the directory of that. */
function optionOf(
  files: Files,
  tsconfig: string,
  name: string,
): { readonly value: unknown; readonly directory: string } | undefined {
  const seen = new Set<string>();
  // The last one has what counts.
  const waiting = [tsconfig];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    const { compilerOptions, extends: bases } = readConfig(files, path);
    const value = asRecord(compilerOptions)?.[name];
    const directory = directoryOf(path);
    if (value !== undefined) return { value, directory };
    for (const base of Array.isArray(bases) ? bases : [bases]) {
      const found = typeof base === "string" ? baseConfig(files, base, directory) : undefined;
      if (found !== undefined) waiting.push(found);
    }
  }
  return undefined;
}

/** The file that `extends` names: by its path, or in a package. The ending may be left out. */
function baseConfig(files: Files, name: string, directory: string): string | undefined {
  const places = /^\.{0,2}\//.test(name)
    ? [absolutePath(directory, name)]
    : Array.from(upwardFrom(directory), (above) => absolutePath(above, `node_modules/${name}`));
  return places
    .flatMap((path) => [path, `${path}.json`, `${path}/tsconfig.json`])
    .find((path) => files.stat(path)?.isFile === true);
}

/** `paths` with absolute targets: esbuild gets them without the file. */
function pathsOf(files: Files, tsconfig: string): Paths | undefined {
  const found = optionOf(files, tsconfig, "paths");
  const base = optionOf(files, tsconfig, "baseUrl");
  if (found === undefined) return undefined;
  const directory = base === undefined ? found.directory : absolutePath(base.directory, String(base.value));
  return absolutePaths(found.value, directory);
}

function absolutePaths(paths: unknown, directory: string): Paths {
  return Object.fromEntries(
    Object.entries(asRecord(paths) ?? {}).map(([pattern, targets]) => [
      pattern,
      (Array.isArray(targets) ? targets : []).map((target) => absolutePath(directory, String(target))),
    ]),
  );
}

/** Empty for a file that esbuild will report, or look for under another name. */
function readConfig(files: Files, path: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(parseJsonc(files.readTextSync(path))) ?? {};
  } catch {
    return {};
  }
}

function nearestTsconfig(files: Files, entry: string): string | undefined {
  for (const directory of upwardFrom(directoryOf(entry))) {
    const path = absolutePath(directory, "tsconfig.json");
    if (isConfig(files, path)) return path;
  }
  return undefined;
}
