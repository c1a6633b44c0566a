/** Why an import cannot be resolved, and what to do about it. */

import { nearest } from "../../settings/nearest.ts";
import type { Files } from "../../system/system.ts";
import type { Fault } from "../fault.ts";
import { asRecord, parseJsonc } from "../jsonc.ts";
import { packageNameOf, type PackageSpecifier } from "./specifiers.ts";
import { isInstalled } from "./package_version.ts";
import { absolutePath, directoryOf, extensionOf, isPackageFile, nameOf, upwardFrom } from "../paths.ts";
import type { Project, Projects } from "./project.ts";

/** For an import that neither the import maps nor esbuild resolved. */
export function missingImport(files: Files, projects: Projects, specifier: string, importer: string): Fault {
  const text = /^\.{0,2}\//.test(specifier) || /^\.{1,2}$/.test(specifier)
    ? orUnreadable(() => missingFile(files, specifier, importer), specifier)
    : specifier.startsWith("#")
    ? `"${specifier}" is not among the imports of the nearest package.json or deno.json`
    : missingBare(files, projects, specifier, importer);
  return { code: "app-package-missing", text };
}

/** For an `npm:` specifier, written so or mapped to by `project`, whose package is not installed. */
export function missingPackage(
  { name, version }: PackageSpecifier,
  written: string,
  project: Project | undefined,
): Fault {
  const specifier = version === "" ? name : `${name}@${version}`;
  const how = project === undefined
    ? `run \`npm install ${specifier}\``
    : project.nodeModulesDir === "auto" || project.nodeModulesDir === "manual"
    ? "run `deno install`"
    : `set "nodeModulesDir": "auto" in ${
      nameOf(project.path)
    } and run \`deno install\`, or \`npm install ${specifier}\``;
  const source = written.includes(":") || project === undefined
    ? ""
    : ` (npm:${specifier} in ${nameOf(project.path)})`;
  return {
    code: "app-package-missing",
    text: `package "${name}"${source} is not in node_modules: ${how}`,
  };
}

/** For a `jsr:` specifier whose package is not installed. */
export function missingJsr({ name }: PackageSpecifier): Fault {
  return {
    code: "app-import-unsupported",
    text: `"jsr:${name}" is not in node_modules, and a bundle loads nothing from the network: ` +
      `run \`npx jsr add ${name}\``,
  };
}

/** A file or directory that this user may not look at is no reason to stop looking for the fault. */
function orUnreadable(find: () => string, specifier: string): string {
  try {
    return find();
  } catch (error) {
    return `"${specifier}" cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function missingFile(files: Files, specifier: string, importer: string): string {
  const path = absolutePath(directoryOf(importer), specifier);
  if (files.stat(path)?.isDirectory) return `"${specifier}" is a directory: import a file in it`;
  const directory = directoryOf(path);
  if (!files.stat(directory)?.isDirectory) return `no such file: "${specifier}" (no directory ${directory})`;
  const name = nameOf(path);
  const names = files.list(directory).filter((other) => extensionOf(other) !== "").sort();
  const sameStem = names.find((other) => stem(other) === stem(name));
  const similar = nearest(stem(name), names.map(stem));
  const suggestion = sameStem ?? names.find((other) => stem(other) === similar);
  const hint = suggestion === undefined
    ? `${directory} has no file of that name`
    : `did you mean "${specifier.slice(0, specifier.length - name.length)}${suggestion}"?`;
  return `no such file: "${specifier}": ${hint}`;
}

function missingBare(files: Files, projects: Projects, specifier: string, importer: string): string {
  const name = packageNameOf(specifier);
  if (isInstalled(files, name, importer)) {
    return `package "${name}" is installed but does not export "${specifier}": see the exports of its package.json`;
  }
  if (isPackageFile(importer)) {
    return `package "${name}", which "${
      ownerOf(importer)
    }" needs, is not installed: run \`npm install ${name}\``;
  }
  if (files.stat(absolutePath(directoryOf(importer), specifier))?.isFile) {
    return `"${specifier}" names a package: write "./${specifier}" for the file beside this one`;
  }
  if (/^react\/jsx(-dev)?-runtime$/.test(specifier)) {
    return 'JSX uses React by default, and "react" is not installed: set "jsxImportSource" in the ' +
      'compilerOptions of deno.json, such as "hono/jsx"';
  }
  const declared = dependencies(files, importer);
  if (declared.includes(name)) {
    return `package "${name}" of package.json is not installed: run \`npm install\``;
  }
  const mapped = projects.of(importer).flatMap(({ imports }) => [...imports.imports.keys()]);
  const similar = nearest(name, [...declared, ...mapped.filter((key) => !key.endsWith("/"))]);
  if (similar !== undefined) return `package "${name}" is not installed: did you mean "${similar}"?`;
  const config = projects.of(importer)[0];
  const orMap = config === undefined ? "" : `, or add "${name}" to the imports of ${nameOf(config.path)}`;
  return `package "${name}" is not installed: run \`npm install ${name}\`${orMap}`;
}

/** The package that a file in `node_modules` belongs to. */
function ownerOf(path: string): string {
  return packageNameOf(path.slice(path.lastIndexOf("/node_modules/") + "/node_modules/".length));
}

/** The dependencies in the nearest `package.json`. */
function dependencies(files: Files, importer: string): string[] {
  for (const directory of upwardFrom(directoryOf(importer))) {
    const path = absolutePath(directory, "package.json");
    if (!files.stat(path)?.isFile) continue;
    try {
      const manifest = asRecord(parseJsonc(files.readTextSync(path)));
      return Object.keys({
        ...asRecord(manifest?.["dependencies"]),
        ...asRecord(manifest?.["devDependencies"]),
      });
    } catch {
      // Only a hint depends on it, and esbuild reports what is wrong with the file.
      return [];
    }
  }
  return [];
}

function stem(name: string): string {
  return name.slice(0, name.length - extensionOf(name).length);
}
