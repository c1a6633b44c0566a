/**
 * What the app's `deno.json` files say about imports and compiling. For a file the nearest one above it counts first,
 * then the workspace that one belongs to, then the same two of the app's entry.
 */

import { DenicornError } from "../../core/errors.ts";
import type { Files } from "../../system/system.ts";
import { type ImportMap, parseImportMap, resolveMapped } from "./import_map.ts";
import { asRecord, jsonFault, parseJsonc } from "../jsonc.ts";
import { absolutePath, directoryOf, fileUrl, upwardFrom } from "../paths.ts";

/** One `deno.json` or `deno.jsonc`. */
export interface Project {
  readonly path: string;
  readonly directory: string;
  readonly imports: ImportMap;
  /** Names and files of the workspace members, when it declares a workspace. */
  readonly members: ImportMap | undefined;
  readonly compilerOptions: Readonly<Record<string, unknown>> | undefined;
  /** Names of unstable features of the runtime. */
  readonly unstable: readonly string[];
  /** As written; Deno installs packages outside `node_modules` unless it is `auto` or `manual`. */
  readonly nodeModulesDir: unknown;
}

interface MappedImport {
  readonly address: string;
  readonly project: Project;
}

export class Projects {
  readonly #files: Files;
  readonly #entry: string;
  readonly #nearest = new Map<string, Project | undefined>();

  constructor(files: Files, entry: string) {
    this.#files = files;
    this.#entry = entry;
  }

  /** Where the import maps that apply to the file `importer` send `specifier`, if they mention it. */
  resolve(specifier: string, importer: string): MappedImport | undefined {
    for (const project of this.of(importer)) {
      for (const map of [project.imports, project.members]) {
        const address = map && resolveMapped(map, specifier, fileUrl(importer));
        if (address !== undefined) return { address, project };
      }
    }
    return undefined;
  }

  /** The projects that apply to `file`, most specific first. */
  of(file: string): Project[] {
    return [...new Set([...this.#above(directoryOf(file)), ...this.#above(directoryOf(this.#entry))])];
  }

  #above(directory: string): Project[] {
    const own = this.#find(directory);
    if (own === undefined || own.members !== undefined || own.directory === "/") return own ? [own] : [];
    for (const above of upwardFrom(directoryOf(own.directory))) {
      const project = this.#find(above);
      if (project?.members !== undefined) return [own, project];
    }
    return [own];
  }

  #find(directory: string): Project | undefined {
    if (this.#nearest.has(directory)) return this.#nearest.get(directory);
    const path = configPath(this.#files, directory);
    const project = path !== undefined
      ? readProject(this.#files, path)
      : directory === "/"
      ? undefined
      : this.#find(directoryOf(directory));
    this.#nearest.set(directory, project);
    return project;
  }
}

function configPath(files: Files, directory: string): string | undefined {
  return ["deno.json", "deno.jsonc"].map((name) => absolutePath(directory, name)).find((path) =>
    isConfig(files, path)
  );
}

/** Whether there is a file at `path`. Throws for a FIFO or a device; a directory is ignored, as Deno does. */
export function isConfig(files: Files, path: string): boolean {
  const found = files.stat(path);
  if (found === null || found.isDirectory) return false;
  if (found.isFile) return true;
  throw new DenicornError("app-not-found", `cannot load the app: ${path} is not a regular file`);
}

function readProject(files: Files, path: string): Project {
  const directory = directoryOf(path);
  const config = readRecord(files, path);
  const { importMap, imports, scopes, workspace, unstable } = config;
  const ownFile = typeof importMap === "string" && imports === undefined && scopes === undefined
    ? absolutePath(directory, importMap)
    : undefined;
  return {
    path,
    directory,
    imports: ownFile === undefined
      ? parseImportMap(config, fileUrl(path))
      : parseImportMap(readRecord(files, ownFile), fileUrl(ownFile)),
    members: workspace === undefined ? undefined : parseImportMap(
      { imports: workspaceMembers(files, directory, workspace) },
      fileUrl(path),
    ),
    compilerOptions: asRecord(config["compilerOptions"]),
    unstable: Array.isArray(unstable) ? unstable.filter((name) => typeof name === "string") : [],
    nodeModulesDir: config["nodeModulesDir"],
  };
}

/**
 * The members of a workspace import each other by name. Returns an import map's `imports` for those of the workspace at
 * `root`: `@acme/lib` leads to the file that `exports` in its `deno.json` names.
 */
function workspaceMembers(
  files: Files,
  root: string,
  workspace: unknown,
): Record<string, string> {
  const imports: Record<string, string> = {};
  for (const directory of memberDirectories(files, root, workspace)) {
    const { name, exports } = readMember(files, directory) ?? {};
    if (typeof name !== "string") continue;
    for (
      const [subpath, file] of Object.entries(
        typeof exports === "string" ? { ".": exports } : asRecord(exports) ?? {},
      )
    ) {
      if (typeof file === "string") imports[name + subpath.slice(1)] = fileUrl(absolutePath(directory, file));
    }
  }
  return imports;
}

function memberDirectories(files: Files, root: string, workspace: unknown): string[] {
  const patterns = Array.isArray(workspace) ? workspace : asRecord(workspace)?.["members"];
  if (!Array.isArray(patterns)) return [];
  return patterns.filter((pattern) => typeof pattern === "string").flatMap((pattern) => {
    const path = absolutePath(root, pattern);
    if (!path.endsWith("/*")) return [path];
    const parent = directoryOf(path);
    return files.stat(parent)?.isDirectory ? files.list(parent).map((name) => `${parent}/${name}`) : [];
  });
}

function readMember(files: Files, directory: string): Readonly<Record<string, unknown>> | undefined {
  const path = configPath(files, directory);
  return path === undefined ? undefined : readRecord(files, path);
}

function readRecord(files: Files, path: string): Readonly<Record<string, unknown>> {
  let text = "";
  try {
    text = files.readTextSync(path);
    return asRecord(parseJsonc(text)) ?? {};
  } catch (error) {
    const reason = error instanceof SyntaxError ? jsonFault(text, error) : ": it cannot be opened";
    throw new DenicornError("app-syntax", `cannot read ${path}${reason}`, { cause: error });
  }
}
