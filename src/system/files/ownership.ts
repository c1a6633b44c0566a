import type { FileInfo, Host } from "../system.ts";

const group = 0o020;
const others = 0o002;
const sticky = 0o1000;

/**
 * Whether another user can rename or replace what is in the directory `found`, even what belongs to this user. Groups
 * count only for root: the home of a user may be open to the user's own group.
 */
export function isForeign({ uid }: Pick<Host, "uid">, { uid: owner, mode }: FileInfo): boolean {
  if (owner !== null && owner !== 0 && owner !== uid) return true;
  const bits = mode ?? 0;
  return (bits & (uid === 0 ? group | others : others)) !== 0 && (bits & sticky) === 0;
}
