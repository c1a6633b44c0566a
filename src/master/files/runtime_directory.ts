/**
 * A private directory for what only this master and its workers share: link socket, control socket, bundles.
 * It goes with the master; if the master is killed its last worker removes it, and if all are killed the next
 * start does.
 */

import { DenicornError } from "../../core/errors.ts";
import type { FileInfo, System, UnixListener } from "../../system/system.ts";
import type { Credentials } from "./credentials.ts";

const prefix = "denicorn-";

/** Linux stores the path of a Unix socket in 108 bytes, the last of them NUL. */
const longestSocketPath = 107;
/** The longest path in the directory: the name it is given, and that of the longest socket. */
const longestInside = "/denicorn-0123456789abcdef/control.sock".length;
const longestParent = longestSocketPath - longestInside;

export interface RuntimeDirectory {
  readonly path: string;
  /** Where a post box for listening sockets may be made. */
  readonly fdInbox: string;
  readonly channelSocket: string;
  readonly controlSocket: string;
  /** Listens on `linkSocket` from the beginning: by that a living master is told from a dead one. */
  readonly channels: UnixListener;
  /** Throws when something else is there: whoever made it could give workers their orders. */
  verify(): void;
  /** Makes it anew where it is gone. Throws when something else is there. */
  ensure(): void;
  /** The same for its link socket. */
  listenAnew(): UnixListener;
  /** Lets workers under another account use it, its sockets and `file`, without owning them. */
  share(credentials: Credentials, file?: string): void;
  [Symbol.dispose](): void;
}

/** Where runtime directories are looked for and made, the best place first. */
export function runtimeParents({ host, files }: System): string[] {
  const places = new Set([host.env("XDG_RUNTIME_DIR") ?? "", host.env("TMPDIR") ?? "", "/tmp"]);
  return [...places].filter((place) => {
    try {
      const isShort = new TextEncoder().encode(place).length <= longestParent;
      return place !== "" && isShort && files.stat(place)?.isDirectory;
    } catch {
      return false;
    }
  });
}

export function channelSocketOf(directory: string): string {
  return `${directory}/channel.sock`;
}

export function controlSocketOf(directory: string): string {
  return `${directory}/control.sock`;
}

/** Throws DenicornError `runtime-directory` when there is no place for one. */
export async function makeRuntimeDirectory(system: System): Promise<RuntimeDirectory> {
  const parents = runtimeParents(system);
  for (const parent of parents) await removeLeftovers(system, parent);
  const path = firstThatWorks(parents, (parent) => system.files.makePrivateDirectory(parent, prefix));
  let channels = system.network.listenUnix(channelSocketOf(path));
  const fdInbox = `${path}/inbox.sock`;
  const { files } = system;
  // Not the user of this process: some file systems give what root makes to somebody else.
  const owner = files.lstat(path)?.uid;
  const isOurs = () => {
    const found = files.lstat(path);
    return found === null || (found.isDirectory && found.uid === owner);
  };
  const verify = () => {
    if (!isOurs()) throw new Error("it belongs to somebody else now");
  };
  return {
    path,
    fdInbox,
    channelSocket: channelSocketOf(path),
    controlSocket: controlSocketOf(path),
    channels,
    verify,
    ensure() {
      if (files.lstat(path) === null) files.makeDirectory(path, 0o700);
      // In a directory that everybody may write to, somebody else could have been faster.
      verify();
      files.changeMode(path, 0o700);
    },
    listenAnew() {
      // The old one stays open: closing it would remove whatever is at its path by then, some moments later.
      return channels = system.network.listenUnix(channelSocketOf(path));
    },
    share({ uid, gid }, file) {
      if (uid === undefined && gid === undefined) return;
      // The owner stays: a master that runs as root must not follow links a worker could plant here.
      const group = gid ?? 0;
      files.changeOwner(path, null, group);
      files.changeMode(path, 0o710);
      for (const socket of [channelSocketOf(path), fdInbox]) {
        if (files.lstat(socket) === null) continue;
        files.changeOwner(socket, null, group);
        files.changeMode(socket, 0o660);
      }
      if (file === undefined) return;
      files.changeOwner(file, null, group);
      files.changeMode(file, 0o640);
    },
    [Symbol.dispose]() {
      channels.close();
      if (isOurs()) files.remove(path);
    },
  };
}

function firstThatWorks(parents: readonly string[], make: (parent: string) => string): string {
  const failures: string[] = [];
  for (const parent of parents) {
    try {
      return make(parent);
    } catch (error) {
      failures.push(`${parent} (${error instanceof Error ? error.message : String(error)})`);
    }
  }
  throw new DenicornError(
    "runtime-directory",
    `cannot make a runtime directory: tried ${
      failures.join(", ") || "no place that exists"
    }: set TMPDIR to a ` +
      `directory this user may write to, of at most ${longestParent} characters`,
  );
}

/** Runtime directories in `parent` that belong to this user. */
export function ownRuntimeDirectories({ files, host }: System, parent: string): string[] {
  let names: string[];
  try {
    names = files.list(parent);
  } catch {
    // Not ours to look into, so none of ours is in there.
    return [];
  }
  return names.filter((name) => name.startsWith(prefix)).map((name) => `${parent}/${name}`)
    .filter((path) => {
      const found = files.lstat(path);
      return found !== null && found.isDirectory && found.uid === host.uid;
    });
}

/** Between the making of a directory and of its socket there is far less time than this. */
const birth = 10_000;
/** Between the binding of a socket and listening on it there is far less time than this. */
const secondCheck = 100;

/**
 * A directory whose link socket refuses connections belongs to a dead master, whatever its process id. Without
 * that socket only an empty one is taken for ours: others may call a directory of theirs `denicorn-backup`.
 */
async function removeLeftovers(system: System, parent: string): Promise<void> {
  const { files, network, clock } = system;
  for (const directory of ownRuntimeDirectories(system, parent)) {
    try {
      const socket = channelSocketOf(directory);
      const socketInfo = files.lstat(socket);
      const isYoung = clock.wall() - (files.lstat(directory)?.modifiedAt ?? 0) < birth;
      if (socketInfo === null) {
        if (!isYoung && files.list(directory).length === 0) files.remove(directory);
      } else if (isSocket(socketInfo) && !(await network.answers(socket))) {
        // A master that starts at this moment has bound its socket and is about to listen on it.
        if (isYoung) await new Promise<void>((resolve) => clock.after(secondCheck, resolve));
        if (!isYoung || !(await network.answers(socket))) files.remove(directory);
      }
    } catch {
      // Somebody else removes it at this moment, or does not let us look: no reason not to start.
    }
  }
}

function isSocket({ isFile, isDirectory, isSymlink }: FileInfo): boolean {
  return !isFile && !isDirectory && !isSymlink;
}
