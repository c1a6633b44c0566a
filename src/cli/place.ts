/** A directory as it was given, and where it leads at one moment. */

import type { System } from "../system/system.ts";

export interface Place {
  /** An absolute path, perhaps with links. */
  readonly given: string;
  /** Where it leads: an absolute path without links, or why it leads nowhere. */
  readonly real: string | Error;
}

/** `path` as seen from `base`, by default `base` itself, followed now. */
export function placeOf({ files }: System, base: Place, path = ""): Place {
  const given = within(base.given, path);
  if (base.real instanceof Error && !path.startsWith("/")) return { given, real: base.real };
  try {
    // From where the base led: a link in its path may lead elsewhere by now.
    return { given, real: files.realPath(base.real instanceof Error ? path : within(base.real, path)) };
  } catch (error) {
    return { given, real: error instanceof Error ? error : new Error(String(error)) };
  }
}

/** The place of the absolute path `given`, followed now. */
export function startPlace(system: System, given: string): Place {
  return placeOf(system, { given: "/", real: "/" }, given);
}

/** `path` in the place where it leads now; also an absolute path that leads through the place. */
export function inPlace(given: string, real: string, path: string): string {
  const through = given === "/" ? given : `${given}/`;
  return path.startsWith(through) ? within(real, path.slice(through.length)) : within(real, path);
}

/** `path` itself if it is absolute, else inside `directory`; the system resolves its `..`, as links may be before it. */
export function within(directory: string, path: string): string {
  if (path === "") return directory;
  return path.startsWith("/") ? path : `${directory.replace(/\/$/, "")}/${path}`;
}
