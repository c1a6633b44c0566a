/** One run of esbuild over a module and all it imports. */

import type { BuildOptions, BuildResult, Plugin } from "esbuild";
import type { Files, System } from "../../system/system.ts";
import { directoryOf, nameOf } from "../paths.ts";
import { compilerOptionsFor } from "../resolve/compiler_options.ts";
import { ExternalPackages } from "../resolve/external_packages.ts";
import { irregularFiles, unloadableFiles, wasmModules } from "../resolve/file_kinds.ts";
import { Projects } from "../resolve/project.ts";
import { resolveImports, ResolverTrace } from "../resolve/resolve_imports.ts";
import { type BuildPlace, bundleFailure, described, errorsOf } from "./bundle_failure.ts";
import { finishedBundle, preludeMark } from "./bundle_text.ts";
import { type BundleOrigin, traceFiles } from "./cache/bundle_inputs.ts";
import { buildInTime, withEsbuild } from "./esbuild.ts";
import { LateFaults } from "./late_faults.ts";
import { placeDefines, sourcePlaces } from "./source_places.ts";

export interface BuildRequest {
  /** Absolute path of the main module. */
  readonly entry: string;
  /** Packages to leave out of the bundle. */
  readonly external: readonly string[];
  /** Whether the main module is the app: its `import.meta.main` is true. */
  readonly isMain: boolean;
  /** Holds esbuild's executable when the user's cache cannot. */
  readonly runtimeDirectory: string;
  /** The beginning of error messages: "cannot load the app". */
  readonly action: string;
  /** Messages name files relative to this. */
  readonly workingDirectory: string;
  /** Run before the plugins of every bundle. */
  readonly plugins: (files: Files) => readonly Plugin[];
  /** Ends the build. */
  readonly signal?: AbortSignal | undefined;
}

export interface Built {
  readonly text: string;
  readonly exports: readonly string[];
  /** The main module is CommonJS: only running it shows what it exports. */
  readonly isCommonJs: boolean;
  /** How many files it was made from. */
  readonly fileCount: number;
  readonly warnings: readonly string[];
}

/** Throws DenicornError with the file, line and cause. */
export async function build(
  system: System,
  { entry, external, isMain, runtimeDirectory, action, workingDirectory, plugins, signal }: BuildRequest,
): Promise<{ readonly built: Built; readonly origin: BundleOrigin }> {
  const { files, traced } = traceFiles(system.files);
  const trace = new ResolverTrace();
  const projects = new Projects(files, entry);
  const root = directoryOf(entry);
  const place = { files, projects, entry, root, workingDirectory };
  const compiler = compilerOptionsFor(files, projects, entry);
  const late = new LateFaults(place);
  const externals = new ExternalPackages(files, external);
  const options = () => ({
    ...fixedOptions,
    ...compiler.build,
    // The resolver plugin gives the path: esbuild could take it for a pattern.
    entryPoints: [{ in: "app", out: "bundle" }],
    absWorkingDir: root,
    outdir: runtimeDirectory,
    plugins: [
      late.plugin(),
      irregularFiles(system.files),
      ...plugins(files),
      unloadableFiles(),
      externals.plugin(),
      resolveImports(files, projects, entry, trace, externals),
      wasmModules(files),
      sourcePlaces(files, (path, text) => late.edit(path, text)),
    ],
  });
  const result = await withEsbuild(system, runtimeDirectory, async (esbuild) => {
    for (;;) {
      try {
        return await buildInTime(system, esbuild, options(), signal);
      } catch (error) {
        if (!late.defer(errorsOf(error))) throw bundleFailure(error, action, place);
      }
    }
  }).catch((error) => {
    throw bundleFailure(error, action, place);
  });
  const { inputs } = result.metafile;
  const met = late.atStart(inputs);
  if (met.length > 0) throw bundleFailure(met, action, place);
  return {
    built: {
      text: textOf(result, { entry, isMain, directory: runtimeDirectory }),
      exports: exportsOf(result),
      isCommonJs: inputs[nameOf(entry)]?.format === "cjs",
      fileCount: Object.keys(inputs).length,
      warnings: warningsOf(result, [...compiler.warnings, ...late.warnings()], place),
    },
    origin: {
      ...{ entry, inputs, traced, ...trace },
      tsconfig: compiler.build.tsconfig,
      isCertain: late.isEmpty,
    },
  };
}

/** The options of every bundle. */
const fixedOptions = {
  bundle: true,
  write: false,
  metafile: true,
  logLevel: "silent",
  format: "esm",
  platform: "node",
  // The platform and the kind of import add `node`, `import`, `require` and `default`.
  conditions: ["deno"],
  target: "esnext",
  // The one part of TypeScript that no runtime supports yet.
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

function textOf(
  { outputFiles }: Result,
  place: { readonly entry: string; readonly isMain: boolean; readonly directory: string },
): string {
  const code = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  const map = outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "{}";
  return finishedBundle({ code, map, ...place });
}

function exportsOf({ metafile }: Result): readonly string[] {
  return Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined)?.exports ?? [];
}

function warningsOf(result: Result, more: readonly string[], place: BuildPlace): string[] {
  return [...new Set([...more, ...result.warnings.map((warning) => described(warning, place))])];
}
