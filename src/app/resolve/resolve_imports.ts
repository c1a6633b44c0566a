/**
 * The part of import resolution that esbuild does not know: the app's import maps, `npm:` and `jsr:` specifiers,
 * and Node's built-in modules by their bare names. Relative imports and packages are left to esbuild.
 */

import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import type { Files } from "../../system/system.ts";
import { type AskedOf, type Fault, faultMessage, faultOf } from "../fault.ts";
import { mapsUrls } from "./import_map.ts";
import { missingJsr, missingPackage } from "./missing_import.ts";
import {
  installedNames,
  isBuiltin,
  packageNameOf,
  type PackageSpecifier,
  parsePackageSpecifier,
} from "./specifiers.ts";
import type { ExternalPackages } from "./external_packages.ts";
import { findPackage, isInstalled } from "./package_version.ts";
import { directoryOf, filePath, isPackageFile } from "../paths.ts";
import type { Project, Projects } from "./project.ts";

/** An import that is being resolved. */
interface Import {
  readonly args: OnResolveArgs;
  /** The file that contains it. */
  readonly importer: string;
  /** The specifier after import maps. */
  readonly target: string;
  /** The project whose import map changed it, if one did. */
  readonly project: Project | undefined;
  readonly trace: ResolverTrace;
  readonly externals: ExternalPackages;
}

/** Marks resolutions that this plugin itself requests from esbuild, so that it does not handle them again. */
const asked = Symbol("asked by denicorn");

/** A specifier that esbuild resolved for a plugin, and the directory it started from. */
export interface Lookup {
  readonly specifier: string;
  readonly directory: string;
}

/** What was left to esbuild and does not appear in its report. */
export class ResolverTrace {
  readonly lookups: Lookup[] = [];
  /** Packages that are not installed, whose imports stay as they are. */
  readonly missing = new Set<string>();
}

export function resolveImports(
  files: Files,
  projects: Projects,
  entry: string,
  trace: ResolverTrace,
  externals: ExternalPackages,
): Plugin {
  return {
    name: "denicorn-imports",
    setup(build) {
      // Each match costs a message between two processes, so relative imports match only if a map may change them.
      const filter = projects.of(entry).some(({ imports }) => mapsUrls(imports)) ? /./ : /^[^./]/;
      build.onResolve({ filter }, (args) => {
        if (args.kind === "entry-point") return { path: entry };
        if (args.pluginData === asked) return null;
        const importer = args.namespace === "file" ? args.importer : entry;
        const mapped = isPackageFile(importer) ? undefined : projects.resolve(args.path, importer);
        const target = mapped?.address ?? args.path;
        return follow(build, files, { args, importer, target, project: mapped?.project, trace, externals });
      });
    },
  };
}

/** `null` leaves the import to esbuild. */
async function follow(build: PluginBuild, files: Files, from: Import): Promise<OnResolveResult | null> {
  const { target } = from;
  switch (/^([a-z][a-z0-9+.-]*):/i.exec(target)?.[1]?.toLowerCase()) {
    case undefined:
      if (isBuiltin(target)) return { path: `node:${target}`, external: true };
      return await followBare(build, files, from);
    case "node":
      return { path: target, external: true };
    case "file":
      return await ask(build, from, filePath(target));
    case "data":
      return null;
    case "npm":
    case "jsr": {
      const specifier = parsePackageSpecifier(target);
      if (specifier !== undefined) return await followPackage(build, files, from, specifier);
      return fail(from, { code: "app-package-missing", text: `"${target}" does not name a package` });
    }
    case "http":
    case "https":
      return fail(from, {
        code: "app-import-unsupported",
        text:
          `"${target}" is on the network, and a server should not load code from there: save the file in the ` +
          "project and import that, map it to the copy in the imports of deno.json, or use its npm package",
      });
    default:
      return fail(from, {
        code: "app-import-unsupported",
        text:
          `"${target}" is a kind of import that only other runtimes support: import a file or an npm package`,
      });
  }
}

/** `null` leaves the import to esbuild. */
async function followBare(build: PluginBuild, files: Files, from: Import): Promise<OnResolveResult | null> {
  const { args, importer, target, project, trace, externals } = from;
  const external = externals.replacement(target, directoryOf(importer));
  if (external !== null) return external;
  if (project !== undefined) return await ask(build, from, target);
  if (isLazyAndMissing(files, from)) {
    trace.missing.add(target);
    return { path: target, external: true };
  }
  trace.lookups.push({ specifier: target, directory: args.resolveDir });
  return null;
}

/**
 * A package may need another only in some cases, such as one driver for each database. If that is not installed, the
 * import fails when it is reached, as it would unbundled. For the app's own files a missing package is an error.
 */
function isLazyAndMissing(files: Files, { args, importer, target }: Import): boolean {
  const isLazy = args.kind === "require-call" || args.kind === "require-resolve" ||
    args.kind === "dynamic-import";
  return isLazy && isPackageFile(importer) && !target.startsWith("#") &&
    !isInstalled(files, packageNameOf(target), importer);
}

async function followPackage(
  build: PluginBuild,
  files: Files,
  from: Import,
  specifier: PackageSpecifier,
): Promise<OnResolveResult> {
  // A file outside the project may use its import map, but is not below its node_modules.
  const directories = [
    directoryOf(from.importer),
    ...(from.project === undefined ? [] : [from.project.directory]),
  ];
  for (const name of installedNames(specifier)) {
    for (const directory of directories) {
      const installed = findPackage(files, name, specifier.version, directory);
      if (installed === undefined) continue;
      const external = from.externals.replacement(name + specifier.subpath, installed.from);
      if (external !== null) return external;
      const found = await ask(build, from, name + specifier.subpath, installed.from);
      return installed.warning === undefined ? found : { ...found, warnings: [{ text: installed.warning }] };
    }
  }
  return fail(
    from,
    specifier.registry === "jsr"
      ? missingJsr(specifier)
      : missingPackage(specifier, from.args.path, from.project),
  );
}

/** Has esbuild resolve `path`, seen from the directory `resolveDir`. */
async function ask(
  build: PluginBuild,
  { args, importer, trace }: Import,
  path: string,
  resolveDir = directoryOf(importer),
): Promise<OnResolveResult> {
  trace.lookups.push({ specifier: path, directory: resolveDir });
  const { kind, with: attributes } = args;
  const found = await build.resolve(path, {
    kind,
    importer,
    resolveDir,
    with: attributes,
    pluginData: asked,
  });
  if (found.errors.length > 0) {
    const detail: AskedOf = { writtenAs: args.path };
    return {
      errors: found.errors.map((error) => faultOf(error) === undefined ? { ...error, detail } : error),
    };
  }
  // `pluginData` would be passed on to the imports of the file that was found.
  return {
    path: found.path,
    namespace: found.namespace,
    suffix: found.suffix,
    sideEffects: found.sideEffects,
  };
}

function fail({ args }: Import, fault: Fault): OnResolveResult {
  return { errors: [faultMessage({ ...fault, specifier: args.path })] };
}
