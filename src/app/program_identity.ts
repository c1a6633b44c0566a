/** What tells this build of Denicorn from any other that would bundle the same files differently. */

import type { Files } from "../system/system.ts";
import { sha256 } from "./digest.ts";
import { esbuildVersion } from "./esbuild_executable.ts";
import { directoryOf, filePath } from "./paths.ts";

/** Of all sources, written into the program when it is compiled. */
declare const DENICORN_SOURCES: string | undefined;

/** `undefined` when it cannot be told. */
export async function programIdentity(files: Files): Promise<string | undefined> {
  const esbuild = esbuildVersion();
  if (esbuild === undefined) return undefined;
  const sources = typeof DENICORN_SOURCES === "undefined"
    ? await sourcesDigest(files, directoryOf(filePath(import.meta.url)))
    : DENICORN_SOURCES;
  return `${esbuild} ${sources}`;
}

/** From source the version stays the same while one works on it. */
export async function sourcesDigest(files: Files, directory: string): Promise<string> {
  const names = files.list(directory).filter((name) => name.endsWith(".ts")).sort();
  return await sha256(
    names.map((name) => `${name}\n${files.readTextSync(`${directory}/${name}`)}`).join("\0"),
  );
}
