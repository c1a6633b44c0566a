/**
 * esbuild is a native executable. Inside a compiled Denicorn it lies in the binary's virtual file system, where
 * the kernel cannot start it: it is copied out once per user and version.
 */

import process from "node:process";
import { DenicornError } from "../core/errors.ts";
import type { System } from "../system/system.ts";
import { absolutePath, filePath } from "./paths.ts";

export interface EmbeddedExecutable {
  readonly path: string;
  readonly version: string;
}

/** Where the executable is in the binary: in the npm package for this platform, beside esbuild's own. */
export function embeddedEsbuild(): EmbeddedExecutable {
  const library = filePath(import.meta.resolve("esbuild"));
  const [, packages, version] = /^(.*)\/esbuild\/([^/]+)\/lib\/[^/]+$/.exec(library) ?? [];
  if (packages === undefined || version === undefined) throw missing(library);
  return { path: `${packages}/@esbuild/${process.platform}-${process.arch}/${version}/bin/esbuild`, version };
}

/**
 * A copy of the executable that can be started: in the user's cache, or in `runtimeDirectory` when there is no
 * cache that can be written and trusted.
 */
export async function executableCopy(
  system: System,
  embedded: EmbeddedExecutable,
  runtimeDirectory: string,
): Promise<string> {
  const { size } = system.files.stat(embedded.path) ?? {};
  if (size === undefined) throw missing(embedded.path);
  const name = `esbuild-${embedded.version}-${size}`;
  const cache = cacheDirectory(system);
  if (cache !== undefined) {
    try {
      return await placeCopy(system, embedded.path, size, `${cache}/${name}`);
    } catch {
      // A home that is read-only, full or somebody else's: apps must start there too, only a little slower.
    }
  }
  return await placeCopy(system, embedded.path, size, absolutePath(runtimeDirectory, name));
}

function cacheDirectory({ host }: System): string | undefined {
  const home = host.env("HOME");
  const cache = host.env("XDG_CACHE_HOME") || (home && `${home}/.cache`);
  return cache?.startsWith("/") ? `${cache}/denicorn` : undefined;
}

async function placeCopy(system: System, source: string, size: number, directory: string): Promise<string> {
  const { files } = system;
  const path = `${directory}/esbuild`;
  files.makeDirectory(directory, 0o700);
  if (!isOurs(system, directory, "isDirectory")) throw new Error(`${directory} can be written by others`);
  // Reading it whole to compare would take longer than a bundle. Nobody else can have put it there, and a
  // rename never leaves half a file.
  if (isOurs(system, path, "isFile") && files.stat(path)?.size === size) return path;
  const draft = files.makePrivateDirectory(directory, "new-");
  files.writeBytes(`${draft}/esbuild`, await files.readBytes(source), { mode: 0o700 });
  files.rename(`${draft}/esbuild`, path);
  files.remove(draft);
  return path;
}

/** Whoever else could write there could choose what runs with our rights. */
function isOurs({ files, host }: System, path: string, kind: "isFile" | "isDirectory"): boolean {
  const found = files.lstat(path);
  return found !== null && found[kind] && found.uid === host.uid && ((found.mode ?? 0) & 0o022) === 0;
}

function missing(path: string): DenicornError {
  return new DenicornError(
    "internal",
    `cannot bundle the app: ${path}: this build of Denicorn lacks esbuild`,
  );
}
