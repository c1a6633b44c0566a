/** One run of esbuild over a module and all it imports. */

import type { BuildOptions, BuildResult, Plugin } from "esbuild";
import type { Files, System } from "../../system/system.ts";
import { absolutePath, directoryOf, nameOf } from "../paths.ts";
import { type CompilerOptions, compilerOptionsFor } from "../resolve/compiler_options.ts";
import { DecoratorMetadata, isAboutTypes } from "../resolve/decorator_metadata.ts";
import { ExternalPackages } from "../resolve/external_packages.ts";
import { irregularFiles, unloadableFiles, wasmModules } from "../resolve/file_kinds.ts";
import { Projects } from "../resolve/project.ts";
import { resolveImports, ResolverTrace } from "../resolve/resolve_imports.ts";
import { bundleFailure, described, errorsOf, lostImport } from "./bundle_failure.ts";
import { finishedBundle, preludeMark } from "./bundle_text.ts";
import { type BundleOrigin, traceFiles } from "./cache/bundle_inputs.ts";
import { buildInTime, withEsbuild } from "./esbuild.ts";
import { LateFaults } from "./late_faults.ts";
import { placeDefines, sourcePlaces } from "./source_places.ts";
import { requireModule, tasksNamespace, withTasks } from "./tasks_module.ts";
import { nodeThreads } from "./thread_classes.ts";
import { type Run, ThreadBundles, threadFiles } from "./threads.ts";

export interface BuildRequest {
  /** Absolute path of the main module. */
  readonly entry: string;
  /** Packages to leave out of the bundle. */
  readonly external: readonly string[];
  /** Absolute path of the module that exports the tasks, if that is not the main module. */
  readonly tasks?: string | undefined;
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
  /** The unstable features of the runtime that the app's deno.json names. */
  readonly unstable: readonly string[];
  /** How many files it was made from. */
  readonly fileCount: number;
  /** Absolute paths of those that its author writes: none of a package. */
  readonly sources: readonly string[];
  readonly warnings: readonly string[];
}

/** Throws DenicornError with the file, line and cause. */
export async function build(
  system: System,
  request: BuildRequest,
): Promise<{ readonly built: Built; readonly origin: BundleOrigin }> {
  const { entry } = request;
  const { files, traced } = traceFiles(system.files);
  const trace = new ResolverTrace();
  const projects = new Projects(files, entry);
  const compiler = compilerOptionsFor(files, projects, entry);
  const shared = { system, request, files, trace, projects, compiler };
  const unstable = new Set(projects.of(entry).flatMap(({ unstable }) => unstable));
  const app = await run(shared, entry);
  const threads = new ThreadBundles((path) => run(shared, path));
  const texts = await threads.textsFor(app);
  const { inputs } = app;
  const runs = [app, ...threads.runs];
  return {
    built: {
      text: app.text(texts),
      exports: app.exports,
      isCommonJs: inputs[nameOf(entry)]?.format === "cjs",
      unstable: [...unstable],
      fileCount: Object.keys(inputs).length,
      sources: sourcesOf(entry, runs, traced.read),
      warnings: [
        ...new Set([
          ...withoutEffect(unstable),
          ...runs.flatMap(({ warnings }) => warnings),
          ...threads.warnings,
        ]),
      ],
    },
    origin: {
      entry,
      inputs: Object.assign({}, ...runs.map(({ inputs }) => inputs)),
      traced,
      ...trace,
      tsconfig: compiler.build.tsconfig,
      isCertain: !compiler.hasPaths && threads.warnings.length === 0 &&
        runs.every(({ isCertain }) => isCertain),
    },
  };
}

/** With what says how imports are resolved, such as deno.json. */
function sourcesOf(entry: string, runs: readonly Run[], read: ReadonlySet<string>): string[] {
  const root = directoryOf(entry);
  const names = runs.flatMap(({ inputs }) => Object.keys(inputs)).filter((name) =>
    !/^[<(]|^[a-z-]{2,}:/.test(name)
  );
  const paths = new Set([...names.map((name) => absolutePath(root, name)), ...read]);
  return [...paths].filter((path) => !path.includes("/node_modules/")).sort();
}

/** Unstable features that an app may ask for and does not get. Others need no help, or only concern imports. */
const notOffered: Readonly<Record<string, string>> = {
  "no-legacy-abort": "request.signal stays as in stable Deno",
  "otel": "set OTEL_DENO for Deno itself",
  "unsafe-proto": "use Object.getPrototypeOf",
};

function withoutEffect(unstable: ReadonlySet<string>): string[] {
  return Object.entries(notOffered).filter(([name]) => unstable.has(name)).map(([name, reason]) =>
    `unstable "${name}" in deno.json has no effect: ${reason}`
  );
}

/** What the bundles of an app and of its Web Workers share. */
interface Shared {
  readonly system: System;
  readonly request: BuildRequest;
  readonly files: Files;
  readonly trace: ResolverTrace;
  readonly projects: Projects;
  readonly compiler: CompilerOptions;
}

/** Runs esbuild with `main` as the main module, twice if there are faults that are to wait. */
async function run(shared: Shared, main: string): Promise<Run> {
  const { system, request, files, trace, projects, compiler } = shared;
  const { entry, external, isMain, runtimeDirectory, action, workingDirectory, plugins, signal } = request;
  const tasks = main === entry ? request.tasks : undefined;
  const root = directoryOf(entry);
  const place = { files, projects, entry: main, root, workingDirectory };
  const late = new LateFaults(place);
  const externals = new ExternalPackages(files, external);
  const metadata = new DecoratorMetadata(files, compiler.emitsDecoratorMetadata);
  const threads = new Set<string>();
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
      nodeThreads(),
      externals.plugin(),
      resolveImports(files, projects, main, trace, externals),
      metadata.plugin(),
      wasmModules(files),
      sourcePlaces(files, (path, text) => {
        threadFiles(files, path, text).forEach((thread) => threads.add(thread));
        const edited = late.edit(path, metadata.edit(path, text));
        return tasks !== undefined && path === entry ? withTasks(edited, tasks) : edited;
      }),
    ],
  });
  let result: Result;
  try {
    result = await withEsbuild(system, runtimeDirectory, async (esbuild) => {
      for (;;) {
        try {
          return await buildInTime(system, esbuild, options(), signal);
        } catch (error) {
          const errors = errorsOf(error);
          const lost = errors.map((message) => lostImport(message, place));
          if (!metadata.withdraw(lost) && !late.defer(errors)) throw error;
        }
      }
    });
  } catch (error) {
    throw bundleFailure(error, action, place);
  }
  if (tasks !== undefined) requireModule(result.warnings, place);
  const { inputs } = result.metafile;
  const met = late.atStart(inputs);
  if (met.length > 0) throw bundleFailure(met, action, place);
  const { code, map } = outputOf(result);
  return {
    main,
    threads,
    inputs,
    exports: exportsOf(result),
    warnings: [
      ...result.warnings.filter((warning) => !isAboutTypes(warning)).map((warning) =>
        described(warning, place)
      ),
      ...late.warnings(),
    ],
    isCertain: late.isEmpty && metadata.isCertain,
    text: (threads) =>
      finishedBundle({ code, map, directory: runtimeDirectory, entry: main, isMain, threads }),
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

function outputOf({ outputFiles }: Result): { readonly code: string; readonly map: string } {
  const code = outputFiles.find(({ path }) => path.endsWith(".js"))?.text ?? "";
  const map = outputFiles.find(({ path }) => path.endsWith(".map"))?.text ?? "{}";
  return { code, map };
}

function exportsOf({ metafile }: Result): readonly string[] {
  const main = Object.values(metafile.outputs).find(({ entryPoint }) => entryPoint !== undefined);
  return main?.exports.filter((name) => name !== tasksNamespace) ?? [];
}
