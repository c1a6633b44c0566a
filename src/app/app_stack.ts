/** Stacks of app code: without the frames of Denicorn, of the runtime, and of glue in the bundle. */

import { directoryOf, filePath } from "./paths.ts";

export interface Frame {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** As the runtime wrote it. */
  readonly text: string;
}

/** Errors caused by errors are followed this far. */
const maxCauses = 5;

/** `…/src/`, from source and in the binary. */
const ownSources = `${directoryOf(directoryOf(filePath(import.meta.url)))}/`;

/** The frames of `thrown` in the app and its packages, innermost first. */
export function appFrames(thrown: unknown, bundle: string): Frame[] {
  if (!(thrown instanceof Error) || typeof thrown.stack !== "string") return [];
  const frames: Frame[] = [];
  for (const text of thrown.stack.split("\n")) {
    const [, url, line, column] = /^\s+at .*?(file:\/\/\/.*):(\d+):(\d+)\)?$/.exec(text) ?? [];
    if (url === undefined) continue;
    const path = filePath(url);
    // Whoever called Denicorn is no part of the app either.
    if (path.startsWith(ownSources)) break;
    if (isGlue(path, bundle)) continue;
    frames.push({ path, line: Number(line), column: Number(column), text });
  }
  return frames;
}

/** The bundle itself, the modules in it that have no file, and what stands for a native addon. */
function isGlue(path: string, bundle: string): boolean {
  return path.startsWith(`${directoryOf(bundle)}/`) || path.endsWith(".node");
}

/** Name, message, app frames, and the same of what caused it. `undefined` when that would say nothing more. */
export function stackText(thrown: unknown, bundle: string): string | undefined {
  const parts: string[] = [];
  let error = thrown;
  for (let depth = 0; depth < maxCauses && error instanceof Error; depth++) {
    const heading = `${depth === 0 ? "" : "Caused by: "}${error.name}: ${error.message}`;
    parts.push(heading, ...appFrames(error, bundle).map(({ text }) => text));
    error = error.cause;
  }
  return parts.length === 0 ? undefined : parts.join("\n");
}
