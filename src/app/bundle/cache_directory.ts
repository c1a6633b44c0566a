/** What Denicorn keeps between starts lies in the user's cache, where only the user may write. */

import type { System } from "../../system/system.ts";

/** `undefined` when the user has no cache. */
export function userCache({ host }: System): string | undefined {
  const home = host.env("HOME");
  const cache = host.env("XDG_CACHE_HOME") || (home && `${home}/.cache`);
  return cache?.startsWith("/") ? `${cache}/denicorn` : undefined;
}

/** Whoever else could write there could choose what runs with our rights. */
export function isOurs({ files, host }: System, path: string, kind: "isFile" | "isDirectory"): boolean {
  const found = files.lstat(path);
  return found !== null && found[kind] && found.uid === host.uid && ((found.mode ?? 0) & 0o022) === 0;
}
