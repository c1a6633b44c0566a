/**
 * A private directory for what this master and its workers share: the channel socket, the fd inbox, the control socket
 * and the bundles. The master removes it at its end; if the master is killed its last worker does, and if all are
 * killed the next start does.
 */

import { DenicornError } from "../../core/errors.ts";
import { reasonOf } from "../../core/reason.ts";
import { longestSocketPath } from "../../settings/kinds/text.ts";
import { orReport } from "./directory_failure.ts";
import { sleep } from "../../system/clock.ts";
import type { Identity, System, UnixListener } from "../../system/system.ts";

const prefix = "denicorn-";

/** The length of the longest path inside the parent: the name of the directory, and of its longest socket. */
const longestInside = "/denicorn-0123456789abcdef/control.sock".length;
const longestParent = longestSocketPath - longestInside;

export interface RuntimeDirectory {
  readonly path: string;
  /** Path for the socket to which an old master sends copies of its listening sockets. */
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
  share(identity: Identity, file?: string): void;
  /** Makes a folder in it that belongs to the user of the workers. */
  giveFolder(name: string, identity: Identity): void;
  /** Lets workers of another user send to the fd inbox, as those of a dead master have to. */
  shareInbox(identity: Identity): void;
  /** From now on `report` gets what cannot be removed at the end; before, stderr does. */
  reportTo(report: (line: string) => void): void;
  [Symbol.dispose](): void;
}

/** The directories in which runtime directories are looked for and created, the best one first. */
export function runtimeParents(system: System): string[] {
  const { uid } = system.host;
  const usual = [
    "/tmp",
    ...(uid === null ? [] : [`/run/user/${uid}`]),
    "/dev/shm",
    ...(uid === 0 ? ["/run"] : []),
  ];
  const named = namedParents(system).map(({ place }) => place);
  const usable = [...new Set([...named, ...usual])].filter((place) => objection(system, place) === null);
  // Under sudo, XDG_RUNTIME_DIR may be that of the user who called it, who could exchange the runtime directory.
  const isOwn = (place: string) => isOwnPlace(system, place);
  return [...usable.filter(isOwn), ...usable.filter((place) => !isOwn(place))];
}

/** False for root in a directory of another user. */
function isOwnPlace({ files, host }: System, place: string): boolean {
  return host.uid !== 0 || files.stat(place)?.uid === 0;
}

/** A line for each environment variable that names a place that cannot be used. */
export function unusablePlaces(system: System): string[] {
  return namedParents(system).flatMap(({ name, place }) => {
    const reason = objection(system, place);
    return reason === null ? [] : [`${name}=${place} is not used for the runtime directory: ${reason}`];
  });
}

function namedParents({ host }: System) {
  return ["XDG_RUNTIME_DIR", "TMPDIR"].flatMap((name) => {
    const place = host.env(name) ?? "";
    return place === "" ? [] : [{ name, place }];
  });
}

/** Why runtime directories cannot be in `place`; `null` if they may. */
function objection({ files }: System, place: string): string | null {
  if (!place.startsWith("/")) return "it is not an absolute path";
  const { length } = new TextEncoder().encode(place);
  if (length > longestParent) return `it is longer than ${longestParent} characters`;
  try {
    const found = files.stat(place);
    return found === null ? "it does not exist" : found.isDirectory ? null : "it is not a directory";
  } catch (error) {
    return reasonOf(error);
  }
}

function channelSocketOf(directory: string): string {
  return `${directory}/channel.sock`;
}

export function controlSocketOf(directory: string): string {
  return `${directory}/control.sock`;
}

/** In the first of `parents` where one can be created. Throws DenicornError `runtime-directory` if there is none. */
export function makeRuntimeDirectory(
  system: System,
  parents = runtimeParents(system),
): RuntimeDirectory {
  const path = firstThatWorks(system, parents, (parent) => system.files.makePrivateDirectory(parent, prefix));
  let channels = system.network.listenUnix(channelSocketOf(path));
  let isDisposed = false;
  let report: (line: string) => void = (line) => void system.host.write("stderr", `denicorn: ${line}\n`);
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
      files.changeOwner(channelSocketOf(path), null, group);
      files.changeMode(channelSocketOf(path), 0o660);
      if (file === undefined) return;
      files.changeOwner(file, null, group);
      files.changeMode(file, 0o640);
    },
    giveFolder(name, { uid, gid }) {
      const folder = `${path}/${name}`;
      files.makeDirectory(folder, 0o700);
      if (uid !== undefined || gid !== undefined) files.changeOwner(folder, uid ?? null, gid ?? null);
    },
    shareInbox({ uid, gid }) {
      if ((uid === undefined && gid === undefined) || files.lstat(fdInbox) === null) return;
      files.changeOwner(fdInbox, null, gid ?? 0);
      files.changeMode(fdInbox, 0o660);
    },
    reportTo(next) {
      report = next;
    },
    [Symbol.dispose]() {
      if (isDisposed) return;
      isDisposed = true;
      channels.close();
      orReport(path, report, () => {
        if (isOurs()) files.remove(path);
      });
    },
  };
}

function firstThatWorks(
  system: System,
  parents: readonly string[],
  make: (parent: string) => string,
): string {
  const failures = unusablePlaces(system);
  for (const parent of parents) {
    try {
      return make(parent);
    } catch (error) {
      failures.push(`${parent} (${reasonOf(error)})`);
    }
  }
  throw new DenicornError(
    "runtime-directory",
    `cannot create a runtime directory: ${
      failures.join("; ") || "none of the usual places exists"
    }: set TMPDIR to ` +
      `a directory that this user may write to, of at most ${longestParent} characters`,
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

/** An empty directory that is younger (ms) may be that of a master that starts, however slow the host is. */
const birth = 10_000;
/**
 * A master creates its directory, binds its socket and listens far faster than this (ms). Ages cannot tell that alone:
 * the clock may be set forward meanwhile, and a file server may have its own time.
 */
const secondLook = 100;
/** Milliseconds after which a directory that has just been made is no longer young, by a clock that is a little slower. */
const outgrown = birth + 1_000;

/**
 * Looks now, and once more when an empty directory cannot be that of a master that starts: one that is killed before it
 * has bound its socket leaves such a directory, which is too young for the first look.
 */
export async function removeAbandonedNowAndLater(system: System): Promise<void> {
  await removeAbandonedDirectories(system);
  await sleep(system.clock, outgrown);
  await removeAbandonedDirectories(system);
}

/** Removes the directories of masters of this user that are dead, except `kept`. */
export async function removeAbandonedDirectories(
  system: System,
  kept: readonly (string | undefined)[] = [],
): Promise<void> {
  const candidates = runtimeParents(system).filter((parent) => isOwnPlace(system, parent))
    .flatMap((parent) => ownRuntimeDirectories(system, parent))
    .filter((directory) => !kept.includes(directory));
  const found = await abandonedAmong(system, candidates);
  if (found.length === 0) return;
  await sleep(system.clock, secondLook);
  for (const directory of await abandonedAmong(system, found)) {
    try {
      system.files.remove(directory);
    } catch {
      // Another process removes it at this moment: not a reason not to start.
    }
  }
}

/**
 * A directory whose channel socket refuses connections belongs to a dead master. Without that socket only an empty
 * directory counts: another program may have one that is called `denicorn-backup`.
 */
async function abandonedAmong(
  { files, network, clock }: System,
  directories: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const directory of directories) {
    try {
      const socket = channelSocketOf(directory);
      const info = files.lstat(socket);
      const isAbandoned = info === null
        ? clock.wall() - (files.lstat(directory)?.modifiedAt ?? 0) >= birth &&
          files.list(directory).length === 0
        : info.isSocket && !(await network.answers(socket));
      if (isAbandoned) found.push(directory);
    } catch {
      // It is gone by now, or cannot be read.
    }
  }
  return found;
}
