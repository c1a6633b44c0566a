/**
 * A private directory for what this master and its workers share: the channel socket, the fd inbox, the control socket
 * and the bundles. The master removes it at its end; if the master is killed its last worker does, and if all are
 * killed the next start does.
 */

import { DenicornError } from "../../core/errors.ts";
import { longestSocketPath } from "../../settings/kinds/text.ts";
import { sleep } from "../../system/clock.ts";
import type { System, UnixListener } from "../../system/system.ts";
import type { Credentials } from "./credentials.ts";

const prefix = "denicorn-";

/** The length of the longest path inside the parent: the name of the directory, and of its longest socket. */
const longestInside = "/denicorn-0123456789abcdef/control.sock".length;
const longestParent = longestSocketPath - longestInside;

export interface RuntimeDirectory {
  readonly path: string;
  /** Path for the socket to which workers send copies of their listening sockets. */
  readonly fdInbox: string;
  readonly channelSocket: string;
  readonly controlSocket: string;
  /** Listens on `channelSocket` from the beginning: this distinguishes a living master from a dead one. */
  readonly channels: UnixListener;
  /** Throws if another user has put something in its place, who could then configure workers. */
  verify(): void;
  /** Creates it again if it was removed. Throws as `verify` does. */
  ensure(): void;
  /** Creates the channel socket again. */
  listenAgain(): UnixListener;
  /** Lets workers of another user use it, its sockets and `file`, without owning them. */
  share(credentials: Credentials, file?: string): void;
  [Symbol.dispose](): void;
}

/** The directories in which runtime directories are looked for and created, the best one first. */
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

function channelSocketOf(directory: string): string {
  return `${directory}/channel.sock`;
}

export function controlSocketOf(directory: string): string {
  return `${directory}/control.sock`;
}

/** Throws DenicornError `runtime-directory` if none can be created. */
export async function makeRuntimeDirectory(system: System): Promise<RuntimeDirectory> {
  const parents = runtimeParents(system);
  for (const parent of parents) await removeLeftovers(system, parent);
  const path = firstThatWorks(parents, (parent) => system.files.makePrivateDirectory(parent, prefix));
  let channels = system.network.listenUnix(channelSocketOf(path));
  const fdInbox = `${path}/inbox.sock`;
  const { files } = system;
  // Not the user of this process: some file systems give files that root creates to another user.
  const owner = files.lstat(path)?.uid;
  const isOurs = () => {
    const found = files.lstat(path);
    return found === null || (found.isDirectory && found.uid === owner);
  };
  const verify = () => {
    if (!isOurs()) throw new Error("it belongs to another user now");
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
      // In a directory such as /tmp another user could have been faster.
      verify();
      files.changeMode(path, 0o700);
    },
    listenAgain() {
      // The old one stays open: closing it would remove the file at its path, some moments later.
      return channels = system.network.listenUnix(channelSocketOf(path));
    },
    share({ uid, gid }, file) {
      if (uid === undefined && gid === undefined) return;
      // The owner stays: a master that runs as root must not follow links that a worker could create here.
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
    `cannot create a runtime directory: tried ${
      failures.join(", ") || "no existing directory"
    }: set TMPDIR to a ` +
      `directory that this user may write to, of at most ${longestParent} characters`,
  );
}

/** Runtime directories in `parent` that belong to this user. */
export function ownRuntimeDirectories({ files, host }: System, parent: string): string[] {
  let names: string[];
  try {
    names = files.list(parent);
  } catch {
    // This user may not read it, so it has no runtime directory there.
    return [];
  }
  return names.filter((name) => name.startsWith(prefix)).map((name) => `${parent}/${name}`)
    .filter((path) => {
      const found = files.lstat(path);
      return found !== null && found.isDirectory && found.uid === host.uid;
    });
}

/** A directory gets its socket far sooner after its creation than this (ms). */
const birth = 10_000;
/** A socket listens far sooner after it is bound than this (ms). */
const secondCheck = 100;

/**
 * A directory whose channel socket refuses connections belongs to a dead master. Without that socket only an empty
 * directory is removed: another program may have one that is called `denicorn-backup`.
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
      } else if (socketInfo.isSocket && !(await network.answers(socket))) {
        // A master that starts at this moment may have bound its socket and is about to listen.
        if (isYoung) await sleep(clock, secondCheck);
        if (!isYoung || !(await network.answers(socket))) files.remove(directory);
      }
    } catch {
      // Another process removes it at this moment, or it cannot be read: not a reason not to start.
    }
  }
}
