/** The user's cache: files kept between starts, in a directory that only the user can write to. */

import type { System } from "../../system/system.ts";

/** Absolute path of the directory; `undefined` when the user has no cache. */
export function userCache({ host }: System): string | undefined {
  const home = host.env("HOME");
  const cache = host.env("XDG_CACHE_HOME") || (home && `${home}/.cache`);
  return cache?.startsWith("/") ? `${cache}/denicorn` : undefined;
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

/** In hexadecimal digits. */
export async function sha256(data: string | Uint8Array<ArrayBuffer>): Promise<string> {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
