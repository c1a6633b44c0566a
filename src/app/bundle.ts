/** Makes one file of an app: the same way from source and in a compiled Denicorn, which cannot load sources. */

import type { BuildOptions, BuildResult, Plugin } from "esbuild";
import { DenicornError } from "../core/errors.ts";
import type { System } from "../system/system.ts";
import { type BuildPlace, bundleFailure, described } from "./bundle_failure.ts";
import { finishedBundle, preludeMark } from "./bundle_text.ts";
import { compilerOptionsFor } from "./compiler_options.ts";
import { withEsbuild } from "./esbuild.ts";
import { directoryOf, shownPath } from "./paths.ts";
import { Projects } from "./project.ts";
import { resolveImports } from "./resolve_imports.ts";
import { placeDefines, sourcePlaces } from "./source_places.ts";
import { unloadableFiles } from "./unloadable_files.ts";
import { wasmModules } from "./wasm_modules.ts";

export interface BundleOptions {
  /** Absolute path of the module to begin with. */
  readonly entry: string;
  /** Absolute path of the file to write. */
  readonly outfile: string;
  /** Where esbuild's executable is put when there is no better place. */
  readonly runtimeDirectory: string;
}

export interface Bundle {
  readonly outfile: string;
  readonly exports: readonly string[];
  /** How many files went into it. */
  readonly inputs: number;
  readonly durationMs: number;
  readonly warnings: readonly string[];
}

/**
 * Bundles the app at `entry`, whose export `exportName` will be served. Throws DenicornError with the place and
 * the cause of what is wrong.
 */
export async function bundleApp(
  system: System,
  options: BundleOptions & { readonly exportName: string },
): Promise<Bundle> {
  const bundle = await bundleModule(system, options, "cannot load the app");
  if (!bundle.exports.includes(options.exportName)) throw exportMissing(system, options, bundle.exports);
  return bundle;
}

/** `action` begins the message of an error; `plugins` come before those that every bundle has. */
export async function bundleModule(
  system: System,
  { entry, outfile, runtimeDirectory }: BundleOptions,
  action: string,
  plugins: readonly Plugin[] = [],
): Promise<Bundle> {
  const { files, clock } = system;
  const started = clock.monotonic();
  const projects = new Projects(files, entry);
  const root = directoryOf(entry);
  const place = { files, projects, entry, root, workingDirectory: workingDirectory(system) };
  const compiler = compilerOptionsFor(files, projects, entry);
  const options = {
    ...fixedOptions,
    ...compiler.build,
    // The plugin knows the path, which as a pattern might mean other files too.
    entryPoints: [{ in: "app", out: "bundle" }],
    absWorkingDir: root,
    outdir: directoryOf(outfile),
    plugins: [
      ...plugins,
      unloadableFiles(),
      resolveImports(files, projects, entry),
      wasmModules(files),
      sourcePlaces(files),
    ],
  };
  let result: Result;
  try {
    result = await withEsbuild(system, runtimeDirectory, (esbuild) => esbuild.build(options));
  } catch (error) {
    throw bundleFailure(error, action, place);
  }
  files.writeText(outfile, textOf(result, outfile, entry), { mode: 0o644 });
  return {
    outfile,
    exports: exportsOf(result),
    inputs: Object.keys(result.metafile.inputs).length,
    durationMs: clock.monotonic() - started,
    warnings: warningsOf(result, compiler.warnings, place),
  };
}

/** What every bundle is built with. */
const fixedOptions = {
  bundle: true,
  write: false,
  metafile: true,
  logLevel: "silent",
  format: "esm",
  platform: "node",
  // `node`, `import`, `require` and `default` come with the platform and the kind of import.
  conditions: ["deno"],
  target: "esnext",
  // The one part of TypeScript that no runtime knows yet.
  supported: { decorators: false },
  jsx: "automatic",
  define: placeDefines,
  banner: { js: preludeMark },
  charset: "utf8",
  legalComments: "none",
  sourcemap: "external",
  sourcesContent: false,
} as const satisfies BuildOptions;

type Result = BuildResult<typeof fixedOptions>;

function textOf({ outputFiles }: Result, outfile: string, entry: string): string {
  const code = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  const map = outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "{}";
  return finishedBundle({ code, map, directory: directoryOf(outfile), entry });
}

function exportsOf({ metafile }: Result): readonly string[] {
  return Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined)?.exports ?? [];
}

function warningsOf(result: Result, more: readonly string[], place: BuildPlace): string[] {
  return [...new Set([...more, ...result.warnings.map((warning) => described(warning, place))])];
}

function exportMissing(
  system: System,
  { entry, exportName }: { readonly entry: string; readonly exportName: string },
  exports: readonly string[],
): DenicornError {
  const path = shownPath(workingDirectory(system), entry);
  const missing = exportName === "default" ? "has no default export" : `has no export "${exportName}"`;
  const named = exports.find((name) => name !== "default");
  const hint = named !== undefined
    ? `it exports ${exports.join(", ")}: write ${path}:${named}, or export the app as ${exportName}`
    : exports.length > 0
    ? `it has a default export only: write ${path}`
    : "it exports nothing: add `export default app`, where app is a fetch function or an object that has one";
  return new DenicornError("app-export-missing", `cannot load the app: ${path} ${missing}: ${hint}`);
}

function workingDirectory({ host }: System): string {
  try {
    return host.cwd();
  } catch {
    // It was removed. It only shortens the paths in messages.
    return "/";
  }
}
