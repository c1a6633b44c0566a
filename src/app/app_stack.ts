/** Stack traces without the frames of Denicorn, of the runtime and of generated code in the bundle. */

import { errorIn, textOf, type ThrownError } from "../core/thrown.ts";
import { directoryOf, filePath } from "./paths.ts";

export interface Frame {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  /** The line as the runtime wrote it. */
  readonly text: string;
}

/** A chain of causes is followed this far; a package may have one cause per platform. */
const maxCauses = 50;

const here = directoryOf(filePath(import.meta.url));
/** `…/src/` from source; in the binary, which is bundled, the folder of its chunks. */
const ownSources = `${here.endsWith("/src/app") ? directoryOf(here) : here}/`;

const ownProgram = `${directoryOf(ownSources.slice(0, -1))}/main.ts`;

/** The frames of `error` in the app and its packages, innermost first. */
export function appFrames(error: ThrownError | null, bundle: string): Frame[] {
  const frames: Frame[] = [];
  for (const text of error?.stack?.split("\n") ?? []) {
    const [, url, line, column] = /^\s+at .*?(file:\/\/\/.*):(\d+):(\d+)\)?$/.exec(text) ?? [];
    if (url === undefined) continue;
    const path = filePath(url);
    if (path.startsWith(ownSources)) {
      // Frames outside Denicorn's own are its callers, not the app, unless the app has called a function of Denicorn.
      if (frames.length > 0) break;
      continue;
    }
    if (path === ownProgram || isGenerated(path, bundle)) continue;
    frames.push({ path, line: Number(line), column: Number(column), text });
  }
  return frames;
}

/** True for the bundle itself, modules in it that have no file, and replacements of native addons. */
function isGenerated(path: string, bundle: string): boolean {
  return path.startsWith(`${directoryOf(bundle)}/`) || path.endsWith(".node");
}

/** The error, its cause, the cause of that, and so on. Empty when `thrown` is not an Error. */
export function causesOf(thrown: unknown): ThrownError[] {
  const errors: ThrownError[] = [];
  for (
    let error = errorIn(thrown);
    error !== null && errors.length < maxCauses;
    error = errorIn(error.cause)
  ) errors.push(error);
  return errors;
}

/** Name, message and app frames of the error and of its causes. `undefined` when there are none. */
export function stackText(thrown: unknown, bundle: string): string | undefined {
  const errors = causesOf(thrown);
  const lines = errors.flatMap((error, depth) => [
    `${depth === 0 ? "" : "Caused by: "}${error.name}: ${error.message}`,
    ...appFrames(error, bundle).map(({ text }) => text),
  ]);
  // A cause may be anything.
  const last = errors.at(-1)?.cause;
  if (last !== undefined && errorIn(last) === null) lines.push(`Caused by: ${textOf(last)}`);
  return lines.length === 0 ? undefined : lines.join("\n");
}

/** The same for anything that was thrown. */
export function shownStack(thrown: unknown, bundle: string): string {
  return stackText(thrown, bundle) ?? textOf(thrown);
}
