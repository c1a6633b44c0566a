/**
 * The part of import resolution that esbuild does not know: the app's import maps, `npm:` and `jsr:` specifiers,
 * and Node's built-in modules by their bare names. Relative imports and packages are left to esbuild.
 */

import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import type { Files } from "../../system/system.ts";
import type { Lookup } from "../bundle/bundle_places.ts";
import { isBuiltin } from "./builtins.ts";
import { type Fault, faultMessage } from "../fault.ts";
import { mapsUrls } from "./import_map.ts";
import { missingJsr, missingPackage } from "./missing_import.ts";
import {
  installedNames,
  packageNameOf,
  type PackageSpecifier,
  parsePackageSpecifier,
} from "./package_specifier.ts";
import { findPackage, isInstalled } from "./package_version.ts";
import { directoryOf, filePath, isPackageFile } from "../paths.ts";
import type { Project, Projects } from "./project.ts";

/** One import on its way to a file. */
interface Import {
  readonly args: OnResolveArgs;
  /** The file it is written in. */
  readonly importer: string;
  /** Where it leads after import maps. */
  readonly target: string;
  /** Whose import map sent it there; `undefined` when none did. */
  readonly project: Project | undefined;
  readonly trace: ResolverTrace;
}

/** Marks resolutions that this plugin itself asks esbuild for, so that it does not answer them again. */
const asked = Symbol("asked by denicorn");

/** What was left to esbuild, as far as its own report does not tell. */
export class ResolverTrace {
  readonly lookups: Lookup[] = [];
  /** What is not installed and was left as it is. */
  readonly missing = new Set<string>();
}

export function resolveImports(
  files: Files,
  projects: Projects,
  entry: string,
  trace: ResolverTrace,
): Plugin {
  return {
    name: "denicorn-imports",
    setup(build) {
      // Each match costs a message between two processes: relative imports only match if a map changes them.
      const filter = projects.of(entry).some(({ imports }) => mapsUrls(imports)) ? /./ : /^[^./]/;
      build.onResolve({ filter }, (args) => {
        if (args.kind === "entry-point") return { path: entry };
        if (args.pluginData === asked) return null;
        const importer = args.namespace === "file" ? args.importer : entry;
        const mapped = isPackageFile(importer) ? undefined : projects.resolve(args.path, importer);
        const target = mapped?.address ?? args.path;
        return follow(build, files, { args, importer, target, project: mapped?.project, trace });
      });
    },
  };
}

/** `null` leaves the import to esbuild. */
async function follow(build: PluginBuild, files: Files, from: Import): Promise<OnResolveResult | null> {
  const { target, project } = from;
  switch (/^([a-z][a-z0-9+.-]*):/i.exec(target)?.[1]?.toLowerCase()) {
    case undefined:
      if (isBuiltin(target)) return { path: `node:${target}`, external: true };
      if (project !== undefined) return await ask(build, from, target);
      if (isLazyAndMissing(files, from)) {
        from.trace.missing.add(target);
        return { path: target, external: true };
      }
      from.trace.lookups.push({ specifier: target, directory: from.args.resolveDir });
      return null;
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
      return fail({ code: "app-package-missing", text: `"${target}" names no package` });
    }
    case "http":
    case "https":
      return fail({
        code: "app-import-unsupported",
        text:
          `"${target}" lies on the network, from which a server should not load code: save the file in the ` +
          "project and import that, map it to the copy in the imports of deno.json, or use its npm package",
      });
    default:
      return fail({
        code: "app-import-unsupported",
        text:
          `"${target}" is a kind of import that only another runtime knows: import a file or an npm package`,
      });
  }
}

/**
 * A package may ask for another only in some cases, such as a driver for each database. What is not installed
 * then fails where it is asked for, as it would unbundled. The app's own files are told at once.
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
  // A file outside the project may use its import map, but does not lie below its node_modules.
  const directories = [
    directoryOf(from.importer),
    ...(from.project === undefined ? [] : [from.project.directory]),
  ];
  for (const name of installedNames(specifier)) {
    for (const directory of directories) {
      const installed = findPackage(files, name, specifier.version, directory);
      if (installed === undefined) continue;
      const found = await ask(build, from, name + specifier.subpath, installed.from);
      return installed.warning === undefined ? found : { ...found, warnings: [{ text: installed.warning }] };
    }
  }
  return fail(
    specifier.registry === "jsr"
      ? missingJsr(specifier)
      : missingPackage(specifier, from.args.path, from.project),
  );
}

/** What esbuild makes of `path`, seen from the directory `resolveDir`. */
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
  if (found.errors.length > 0) return { errors: found.errors };
  // `pluginData` would travel on to the imports of the file that was found.
  return {
    path: found.path,
    namespace: found.namespace,
    suffix: found.suffix,
    sideEffects: found.sideEffects,
  };
}

function fail(fault: Fault): OnResolveResult {
  return { errors: [faultMessage(fault)] };
}
