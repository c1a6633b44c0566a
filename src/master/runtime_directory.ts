/**
 * A private directory for what only this master and its workers share: link socket, control socket, bundles.
 * It goes with the master; if the master is killed its last worker removes it, and if all are killed the next
 * start does.
 */

import type { System } from "../system/system.ts";
import type { Account } from "./account.ts";

const prefix = "denicorn-";

export interface RuntimeDirectory {
  readonly path: string;
  readonly linkSocket: string;
  readonly controlSocket: string;
  /** Lets workers under another account reach what is in it; nobody else may. */
  share(account: Account): void;
  [Symbol.dispose](): void;
}

/** Where runtime directories are looked for and made. */
export function runtimeParent({ host, files }: System): string {
  const personal = host.env("XDG_RUNTIME_DIR");
  if (personal && files.stat(personal)?.isDirectory) return personal;
  return host.env("TMPDIR") || "/tmp";
}

export function linkSocketOf(directory: string): string {
  return `${directory}/link.sock`;
}

export function controlSocketOf(directory: string): string {
  return `${directory}/control.sock`;
}

export async function makeRuntimeDirectory(system: System): Promise<RuntimeDirectory> {
  const parent = runtimeParent(system);
  await removeLeftovers(system, parent);
  const path = system.files.makePrivateDirectory(parent, prefix);
  return {
    path,
    linkSocket: linkSocketOf(path),
    controlSocket: controlSocketOf(path),
    share({ uid, gid }) {
      if (uid === undefined) return;
      for (const shared of [path, linkSocketOf(path)]) system.files.changeOwner(shared, uid, gid ?? null);
    },
    [Symbol.dispose]: () => system.files.remove(path),
  };
}

/** Runtime directories in `parent` that belong to this user. */
export function ownRuntimeDirectories({ files, host }: System, parent: string): string[] {
  return files.list(parent).filter((name) => name.startsWith(prefix)).map((name) => `${parent}/${name}`)
    .filter((path) => {
      const found = files.lstat(path);
      return found !== null && found.isDirectory && found.uid === host.uid;
    });
}

/** A directory whose link socket refuses connections belongs to a dead master, whatever its process id. */
async function removeLeftovers(system: System, parent: string): Promise<void> {
  for (const directory of ownRuntimeDirectories(system, parent)) {
    const socket = linkSocketOf(directory);
    if (system.files.lstat(socket) === null) continue;
    if (!(await system.network.answers(socket))) system.files.remove(directory);
  }
}
