/** The user's cache: files kept between starts, in a directory that only the user can write to. */

import type { System } from "../../system/system.ts";

/** Absolute path of the directory; `undefined` when the user has no cache. */
export function userCache({ host }: System): string | undefined {
  const home = host.env("HOME");
  const cache = host.env("XDG_CACHE_HOME") || (home && `${home}/.cache`);
  return cache?.startsWith("/") ? `${cache}/denicorn` : undefined;
}

/** Another user who can write there could choose what runs with this user's rights. */
export function isPrivate(
  { files, host }: System,
  path: string,
  kind: "isFile" | "isDirectory",
): boolean {
  const found = files.lstat(path);
  return found !== null && found[kind] && found.uid === host.uid && ((found.mode ?? 0) & 0o022) === 0;
}
