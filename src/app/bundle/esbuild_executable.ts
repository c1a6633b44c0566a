/**
 * esbuild is a native executable. A compiled Denicorn carries it within its own file, where the kernel cannot
 * start it: it is copied out once per user and version.
 */

import { DenicornError } from "../../core/errors.ts";
import type { System } from "../../system/system.ts";
import { isOurs, userCache } from "./cache_directory.ts";
import { sha256 } from "../digest.ts";
import { absolutePath, filePath } from "../paths.ts";

/** The part of the program's own file that is esbuild's executable. */
export interface CarriedEsbuild {
  readonly version: string;
  readonly sha256: string;
  readonly offset: number;
  readonly size: number;
}

/** Written into the program when it is compiled. */
declare const DENICORN_ESBUILD: CarriedEsbuild | undefined;

/** `undefined` from source, where esbuild finds its executable itself. */
export const carriedEsbuild: CarriedEsbuild | undefined = typeof DENICORN_ESBUILD === "undefined"
  ? undefined
  : DENICORN_ESBUILD;

/** Of the esbuild in use. */
export function esbuildVersion(): string | undefined {
  if (carriedEsbuild !== undefined) return carriedEsbuild.version;
  return /\/esbuild\/([^/]+)\/lib\/[^/]+$/.exec(filePath(import.meta.resolve("esbuild")))?.[1];
}

/**
 * The running program's file: also after another version was put in its place, while this one goes on and
 * reloads apps.
 */
export function ownFile({ os, execPath }: System["host"]): string {
  return os === "linux" ? "/proc/self/exe" : execPath;
}

/**
 * A copy of the executable in the file `source` that can be started: in the user's cache, or in
 * `runtimeDirectory` when there is no cache that can be written and trusted.
 */
export async function executableCopy(
  system: System,
  source: string,
  carried: CarriedEsbuild,
  runtimeDirectory: string,
): Promise<string> {
  const name = `esbuild-${carried.version}-${carried.sha256.slice(0, 16)}`;
  const cache = userCache(system);
  if (cache !== undefined) {
    try {
      return await placeCopy(system, source, carried, `${cache}/${name}`);
    } catch (error) {
      if (error instanceof DenicornError) throw error;
      // A home that is read-only, full or somebody else's: apps must start there too, only a little slower.
    }
  }
  return await placeCopy(system, source, carried, absolutePath(runtimeDirectory, name));
}

async function placeCopy(
  system: System,
  source: string,
  carried: CarriedEsbuild,
  directory: string,
): Promise<string> {
  const { files } = system;
  const path = `${directory}/esbuild`;
  files.makeDirectory(directory, 0o700);
  if (!isOurs(system, directory, "isDirectory")) throw new Error(`${directory} can be written by others`);
  // Reading it whole to compare would take longer than a bundle. Nobody else can have put it there, and a
  // rename never leaves half a file.
  if (isOurs(system, path, "isFile") && files.stat(path)?.size === carried.size) return path;
  const bytes = await carriedBytes(system, source, carried);
  const draft = files.makePrivateDirectory(directory, "new-");
  files.writeBytes(`${draft}/esbuild`, bytes, { mode: 0o700 });
  files.rename(`${draft}/esbuild`, path);
  files.remove(draft);
  return path;
}

async function carriedBytes({ files }: System, source: string, carried: CarriedEsbuild): Promise<Uint8Array> {
  const bytes = files.readRange(source, carried.offset, carried.size);
  if (await sha256(bytes) === carried.sha256) return bytes;
  throw new DenicornError(
    "internal",
    `cannot bundle the app: ${source}: does not hold the esbuild it was built with: restart Denicorn if its ` +
      "executable was changed, or else install it anew",
  );
}
