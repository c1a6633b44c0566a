/**
 * Who can change what a path leads to: by writing to the file, or by putting another file, directory or link in the place
 * of one on its way. Root must not run a program that another user could have written (`StrictModes` of OpenSSH).
 */

import type { Identity } from "../system.ts";

const group = 0o020;
const others = 0o002;
const sticky = 0o1000;
const mostLinks = 40;

/**
 * The first path on the way to `path`, or itself, that `account` can write to; `null` if there is none. Access control lists count as what the mode shows of them. Throws the errors of the
 * system.
 */
export function writableOnWay(path: string, account: Identity): string | null {
  const writes = isOpenTo(account);
  let directory = "";
  let names = namesIn(path);
  for (let links = 0;;) {
    const [name, ...after] = names;
    if (name === undefined) return null;
    const found = `${directory}/${name}`;
    const above = Deno.lstatSync(directory || "/");
    const info = Deno.lstatSync(found);
    if (writes.owns(above)) return directory || "/";
    if (writes.mayWrite(above) && !has(above.mode, sticky)) return directory || "/";
    // In a sticky directory such as /tmp only the owner of an entry can rename or remove it.
    if (writes.mayWrite(above) && writes.owns(info)) return found;
    if (info.isSymlink) {
      if (++links > mostLinks) throw new Error(`too many links: ${path}`);
      const target = Deno.readLinkSync(found);
      if (target.startsWith("/")) directory = "";
      names = [...namesIn(target), ...after];
      continue;
    }
    // In a directory on the way it is what its entries are that counts: see above.
    if (writes.owns(info) || (!info.isDirectory && writes.mayWrite(info))) return found;
    directory = name === ".." ? directory.slice(0, Math.max(0, directory.lastIndexOf("/"))) : found;
    names = after;
  }
}

interface Writes {
  /** The owner can change the mode. */
  owns(info: Deno.FileInfo): boolean;
  /** By the mode. */
  mayWrite(info: Deno.FileInfo): boolean;
}

function isOpenTo({ uid, gid, groups = [] }: Identity): Writes {
  const own = new Set([gid, ...groups]);
  return {
    owns: (info) => info.uid === uid,
    mayWrite: (info) =>
      has(info.mode, others) || (has(info.mode, group) && info.gid !== null && own.has(info.gid)),
  };
}

function has(mode: number | null, bit: number): boolean {
  return ((mode ?? 0) & bit) !== 0;
}

function namesIn(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}
