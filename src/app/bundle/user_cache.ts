/** The user's cache: files kept between starts, in a directory that only the user can write to. */

import { isForeign } from "../../system/files/ownership.ts";
import type { System } from "../../system/system.ts";
import { upwardFrom } from "../paths.ts";

/** Absolute path of the directory; `undefined` when the user has no cache. */
export function userCache(system: System): string | undefined {
  const { host } = system;
  const home = host.env("HOME");
  const cache = host.env("XDG_CACHE_HOME") || (home && `${home}/.cache`);
  return cache?.startsWith("/") && isOwnWay(system, cache) ? `${cache}/denicorn` : undefined;
}

/**
 * Whether no other user can put another directory in the place of `path`. Under sudo, `HOME` may be that of the user
 * who called it, who could exchange the cache between a check and its use.
 */
function isOwnWay({ files, host }: System, path: string): boolean {
  try {
    const existing = [...upwardFrom(path)].find((directory) => files.stat(directory) !== null) ?? "/";
    return [...upwardFrom(files.realPath(existing))].every((directory) => {
      const found = files.stat(directory);
      return found === null || !isForeign(host, found);
    });
  } catch {
    // This user may not enter it: the home may be that of the user who switched to this one.
    return false;
  }
}

/** Another user who can write there could choose what runs with this user's rights; root can do so anyway. */
export function isPrivate(
  { files, host }: System,
  path: string,
  kind: "isFile" | "isDirectory",
): boolean {
  const found = files.lstat(path);
  if (found === null || !found[kind] || ((found.mode ?? 0) & 0o022) !== 0) return false;
  return found.uid === host.uid || found.uid === 0;
}
