/** What tells this build of Denicorn from any other that would bundle the same files differently. */

import type { Files } from "../../system/system.ts";
import { sha256 } from "../digest.ts";
import { esbuildVersion } from "./esbuild_executable.ts";
import { directoryOf, filePath } from "../paths.ts";

/** Of all sources, written into the program when it is compiled. */
declare const DENICORN_SOURCES: string | undefined;

/** `undefined` when it cannot be told. */
export async function programIdentity(files: Files): Promise<string | undefined> {
  const esbuild = esbuildVersion();
  if (esbuild === undefined) return undefined;
  const sources = typeof DENICORN_SOURCES === "undefined"
    ? await sourcesDigest(files, directoryOf(directoryOf(filePath(import.meta.url))))
    : DENICORN_SOURCES;
  return `${esbuild} ${sources}`;
}

/** Of all files in `directory`, the folder of src/app: from source the version stays the same during development. */
export async function sourcesDigest(files: Files, directory: string): Promise<string> {
  const paths = sourcesIn(files, directory);
  return await sha256(
    paths.map((path) => `${path}\n${files.readTextSync(`${directory}/${path}`)}`).join("\0"),
  );
}

function sourcesIn(files: Files, directory: string, prefix = ""): string[] {
  return files.list(`${directory}/${prefix}`).sort().flatMap((name) => {
    const path = prefix + name;
    if (name.endsWith(".ts")) return [path];
    return files.stat(`${directory}/${path}`)?.isDirectory ? sourcesIn(files, directory, `${path}/`) : [];
  });
}
