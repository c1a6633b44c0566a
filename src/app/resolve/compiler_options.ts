/** The compiler options of the app. */

import type { BuildOptions } from "esbuild";
import type { Files } from "../../system/system.ts";
import { absolutePath, directoryOf, upwardFrom } from "../paths.ts";
import { isConfig, type Projects } from "./project.ts";

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

export interface CompilerOptions {
  readonly build: Pick<BuildOptions, "tsconfig" | "tsconfigRaw">;
  readonly warnings: readonly string[];
}

/**
 * The `compilerOptions` of the app's `deno.json`, otherwise the nearest `tsconfig.json`, for all files of the app:
 * esbuild would look for a `tsconfig.json` for each file, but not for files that a plugin resolved.
 */
export function compilerOptionsFor(files: Files, projects: Projects, entry: string): CompilerOptions {
  const projectsWithOptions = projects.of(entry).filter(({ compilerOptions }) =>
    compilerOptions !== undefined
  );
  if (projectsWithOptions.length === 0) {
    const tsconfig = nearestTsconfig(files, entry);
    return { build: tsconfig === undefined ? { tsconfigRaw: {} } : { tsconfig }, warnings: [] };
  }
  const merged: Record<string, unknown> = {};
  for (const { compilerOptions } of projectsWithOptions.toReversed()) Object.assign(merged, compilerOptions);
  const compilerOptions = Object.fromEntries(
    meaningful.filter((name) => merged[name] !== undefined).map((name) => [name, merged[name]]),
  );
  // Deno's "precompile" renders the same JSX faster; esbuild has no such mode.
  if (compilerOptions["jsx"] === "precompile") compilerOptions["jsx"] = "react-jsx";
  const warnings = merged["emitDecoratorMetadata"] === true
    ? [
      `${projectsWithOptions[0]?.path}: emitDecoratorMetadata has no effect: decorators get no type metadata`,
    ]
    : [];
  return { build: { tsconfigRaw: { compilerOptions } }, warnings };
}

function nearestTsconfig(files: Files, entry: string): string | undefined {
  for (const directory of upwardFrom(directoryOf(entry))) {
    const path = absolutePath(directory, "tsconfig.json");
    if (isConfig(files, path)) return path;
  }
  return undefined;
}
