/** Stacks of app code: without the frames of Denicorn, of the runtime, and of glue in the bundle. */

import { directoryOf, filePath } from "./paths.ts";

export interface Frame {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** As the runtime wrote it. */
  readonly text: string;
}

/** Errors caused by errors are followed this far; a package may list one per platform. */
const maxCauses = 50;

const here = directoryOf(filePath(import.meta.url));
/** `…/src/` from source; in the binary, where modules are bundled, the folder of the bundles. */
const ownSources = `${here.endsWith("/src/app") ? directoryOf(here) : here}/`;

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

/** The error, what caused it, and so on. Empty when it is no Error. */
export function causesOf(thrown: unknown): Error[] {
  const errors: Error[] = [];
  for (let error = thrown; error instanceof Error && errors.length < maxCauses; error = error.cause) {
    errors.push(error);
  }
  return errors;
}

/** Name, message, app frames, and the same of what caused it. `undefined` when there is no stack. */
export function stackText(thrown: unknown, bundle: string): string | undefined {
  const lines = causesOf(thrown).flatMap((error, depth) => [
    `${depth === 0 ? "" : "Caused by: "}${error.name}: ${error.message}`,
    ...appFrames(error, bundle).map(({ text }) => text),
  ]);
  return lines.length === 0 ? undefined : lines.join("\n");
}
