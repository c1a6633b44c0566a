/** The user's directories: files kept between starts, where only the user can write. */

import { sha256 } from "../core/sha256.ts";
import { isForeign } from "../system/files/ownership.ts";
import type { System } from "../system/system.ts";
import { nameOf, upwardFrom } from "./paths.ts";

/** Absolute path of the cache; `undefined` when the user has none. */
export function userCache(system: System): string | undefined {
  return ownDirectory(system, "XDG_CACHE_HOME", ".cache");
}

/** Absolute path of what the app at `source` stores by the interfaces of the web; `undefined` when there is no place. */
export function appStorage(system: System, source: string): string | undefined {
  const state = ownDirectory(system, "XDG_STATE_HOME", ".local/state");
  if (state === undefined) return undefined;
  return `${state}/apps/${nameOf(source)}-${sha256(source).toHex().slice(0, 16)}`;
}

function ownDirectory(system: System, variable: string, inHome: string): string | undefined {
  const { host } = system;
  const home = host.env("HOME");
  const path = host.env(variable) || (home && `${home}/${inHome}`);
  return path?.startsWith("/") && isOwnWay(system, path) ? `${path}/denicorn` : undefined;
}

/**
 * Whether no other user can put another directory in the place of `path`. Under sudo, `HOME` may be that of the user
 * who called it, who could exchange the directory between a check and its use.
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
