/** The files of Unix sockets for clients: putting one in the place of what a dead server has left, and removing it. */

import { DenicornError } from "../../../core/errors.ts";
import type { System } from "../../system.ts";
import { toSocketError } from "../listen_error.ts";
import type { UnixSource } from "../network.ts";

type Parts = Pick<System, "files" | "unixSockets" | "sockets">;

export interface SocketFile extends UnixSource {
  /** Another file may stand there by the time it is removed. */
  readonly inode: number;
}

interface SocketOptions {
  readonly backlog: number;
  readonly mode: number;
  /** `null` keeps those of this process. */
  readonly uid: number | null;
  readonly gid: number | null;
}

/** Listens at `path`, where nothing may be: see `clearPath`. Throws DenicornError. */
export function openSocketFile(
  { files, unixSockets, sockets }: Parts,
  path: string,
  { backlog, mode, uid, gid }: SocketOptions,
): SocketFile {
  let descriptor: number | null = null;
  try {
    descriptor = unixSockets.listen(path, { backlog, mode });
    if (uid !== null || gid !== null) files.changeOwner(path, uid, gid);
    return { path, descriptor, inode: inodeAt({ files }, path) };
  } catch (error) {
    if (descriptor !== null) {
      files.remove(path);
      sockets.close(descriptor);
    }
    throw toSocketError(error, path);
  }
}

/**
 * Removes the socket at `path` if no process listens on it; true if it did. Throws DenicornError
 * `bind-in-use` for anything else that is there.
 */
export function clearPath({ files, unixSockets }: Parts, path: string): boolean {
  const info = files.lstat(path);
  if (info === null) return false;
  if (!info.isSocket) {
    throw new DenicornError(
      "bind-in-use",
      `cannot listen: unix:${path} is there already and is no socket: remove it, or choose another --bind`,
    );
  }
  const pid = listenerOf({ unixSockets }, path);
  if (pid !== null) {
    throw new DenicornError(
      "bind-in-use",
      `cannot listen: unix:${path} is in use by ${
        pid === 0 ? "another program" : `process ${pid}`
      }: stop that ` +
        "program, or choose another --bind",
    );
  }
  try {
    files.remove(path);
    return true;
  } catch (error) {
    throw toSocketError(error, path);
  }
}

/** As `UnixSockets.listenerAt`. Throws DenicornError if it cannot be asked. */
export function listenerOf({ unixSockets }: Pick<System, "unixSockets">, path: string): number | null {
  try {
    return unixSockets.listenerAt(path);
  } catch (error) {
    throw toSocketError(error, path);
  }
}

/** Unless another one stands in its place. Throws the error of the system. */
export function removeSocketFile(system: Pick<System, "files">, { path, inode }: SocketFile): void {
  if (inodeAt(system, path) === inode) system.files.remove(path);
}

/** 0 if there is no such file any more. */
export function inodeAt({ files }: Pick<System, "files">, path: string): number {
  return files.lstat(path)?.inode ?? 0;
}
