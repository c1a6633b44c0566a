/**
 * esbuild is a native executable. A compiled Denicorn carries it inside its own file, from where it cannot be started:
 * it is copied out once per user and version.
 */

import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import { sha256 } from "../../core/sha256.ts";
import type { System } from "../../system/system.ts";
import { absolutePath, filePath } from "../paths.ts";
import { isPrivate, userCache } from "../user_directories.ts";

/** The part of the program's own file that is esbuild's executable. */
export interface CarriedEsbuild {
  readonly version: string;
  readonly sha256: string;
  readonly offset: number;
  readonly size: number;
}

/** Written into the program when it is compiled. */
declare const DENICORN_ESBUILD: CarriedEsbuild | undefined;

/** `undefined` from source: there esbuild finds its executable itself. */
export const carriedEsbuild: CarriedEsbuild | undefined = typeof DENICORN_ESBUILD === "undefined"
  ? undefined
  : DENICORN_ESBUILD;

/** The version of esbuild in use; `undefined` when unknown. */
export function esbuildVersion(): string | undefined {
  if (carriedEsbuild !== undefined) return carriedEsbuild.version;
  return /\/esbuild\/([^/]+)\/lib\/[^/]+$/.exec(filePath(import.meta.resolve("esbuild")))?.[1];
}

/**
 * The file of the running program, even after another version replaced it on disk: this one still reloads apps.
 */
export function ownFile({ os, execPath }: System["host"]): string {
  return os === "linux" ? "/proc/self/exe" : execPath;
}

/**
 * The path of a copy of the executable in the file `source`: in the user's cache; in `runtimeDirectory` when there is no
 * cache that can be written to and trusted; in memory when neither is on a file system that allows programs, as
 * with `docker run --read-only --tmpfs /tmp`. Throws DenicornError `internal`, `bundler`.
 */
export function executableCopy(
  system: System,
  source: string,
  carried: CarriedEsbuild,
  runtimeDirectory: string,
): string {
  const name = nameOfCopy(carried);
  const cache = userCache(system);
  const failures: string[] = [];
  for (const parent of cache === undefined ? [runtimeDirectory] : [cache, runtimeDirectory]) {
    const directory = absolutePath(parent, name);
    try {
      const path = placeCopy(system, source, carried, directory);
      if (system.files.isExecutable(path)) return path;
      failures.push(`${parent} (mounted noexec)`);
      system.files.remove(directory);
    } catch (error) {
      if (error instanceof DenicornError) throw error;
      // The home is read-only, full or another user's: apps must start there too, only a little slower.
      failures.push(`${parent} (${reasonOf(error)})`);
    }
  }
  try {
    return system.files.memoryProgram(name, carriedBytes(system, source, carried));
  } catch (error) {
    if (error instanceof DenicornError) throw error;
    throw new DenicornError(
      "bundler",
      `cannot start esbuild, which bundles the app: tried ${failures.join(", ")} and memory (${
        reasonOf(error)
      }): ` +
        "set XDG_CACHE_HOME to a directory that this user may write to and that allows programs",
    );
  }
}

/** Puts a copy into `runtimeDirectory` that another user can run but not replace. Throws the error of the system. */
export function shareExecutable(
  system: System,
  carried: CarriedEsbuild,
  runtimeDirectory: string,
): void {
  const directory = absolutePath(runtimeDirectory, nameOfCopy(carried));
  const path = placeCopy(system, ownFile(system.host), carried, directory);
  for (const shared of [directory, path]) system.files.changeMode(shared, 0o755);
}

function nameOfCopy({ version, sha256 }: CarriedEsbuild): string {
  return `esbuild-${version}-${sha256.slice(0, 16)}`;
}

function placeCopy(
  system: System,
  source: string,
  carried: CarriedEsbuild,
  directory: string,
): string {
  const { files } = system;
  const path = `${directory}/esbuild`;
  files.makeDirectory(directory, 0o700);
  if (!isPrivate(system, directory, "isDirectory")) throw new Error(`${directory} can be written by others`);
  // To read and compare all of it would take longer than to bundle an app. Only this user can have put it there, and a
  // rename never leaves half a file.
  if (isPrivate(system, path, "isFile") && files.stat(path)?.size === carried.size) return path;
  const bytes = carriedBytes(system, source, carried);
  const draft = files.makePrivateDirectory(directory, "new-");
  files.writeBytes(`${draft}/esbuild`, bytes, { mode: 0o700 });
  files.rename(`${draft}/esbuild`, path);
  files.remove(draft);
  return path;
}

function carriedBytes(
  { files }: System,
  source: string,
  carried: CarriedEsbuild,
): Uint8Array<ArrayBuffer> {
  const bytes = files.readRange(source, carried.offset, carried.size);
  if (sha256(bytes).toHex() === carried.sha256) return bytes;
  throw new DenicornError(
    "internal",
    `cannot bundle the app: ${source}: does not contain the esbuild it was built with: restart Denicorn if its ` +
      "executable was replaced, otherwise reinstall it",
  );
}
