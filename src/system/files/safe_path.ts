/**
 * Finds the directory of a path and keeps it open, so that a link cannot lead a file operation to another place, not even
 * one that is put there in between (CVE-2016-1247 of nginx). The files in it are then named through that descriptor.
 *
 * A link is followed where only root and this user could have made it. Where the owner of a directory made it, as
 * deployments do (`current`), root follows it only into what belongs to that owner, too: nothing is gained by it. Without
 * root's rights it is followed, as the kernel does. Where all may write it is not (fs.protected_symlinks).
 */

import {
  type FileFacts,
  lstatThroughProc,
  readLinkThroughProc,
  statThroughProc,
} from "./stat_through_proc.ts";
import { ownUid } from "../host/own_uid.ts";
import { cString, lastError, libc } from "../libc.ts";
import { O_CLOEXEC, O_DIRECTORY, O_NOFOLLOW, O_PATH } from "../linux_constants.ts";
import type { FixedPath } from "../system.ts";

const groupOrOthers = 0o022;
const others = 0o002;
const sticky = 0o1000;
const mostLinks = 40;

/** A file that may not exist yet, in an open directory. */
export interface Place {
  readonly is: "file";
  /** Where the system calls find the directory. */
  readonly directory: string;
  readonly name: string;
  /** Whether only root and this user can put something there. */
  readonly isTrusted: boolean;
  /** Whether every user can. */
  readonly isPublic: boolean;
  close(): void;
}

/** A descriptor of this process, which `/dev/stdout` and `/dev/fd/3` name. */
interface NamedDescriptor {
  readonly is: "descriptor";
  readonly descriptor: number;
}

/** A link that another user may have put there. */
export class ForeignLink extends Error {
  override readonly name = "ForeignLink";
}

/** Throws `ForeignLink`, and the error of the system. A link at the end of the path is followed like all others. */
export function findPlace(path: string): Place | NamedDescriptor {
  const standard = standardStreams[path];
  if (standard !== undefined) return { is: "descriptor", descriptor: standard };
  let at = Directory.open(path.startsWith("/") ? "/" : ".", path.startsWith("/") ? "" : Deno.cwd(), true);
  try {
    let steps: Step[] = namesIn(path);
    for (let links = 0;;) {
      const [step, ...after] = steps;
      if (step === undefined) throw new Error("it is a directory");
      if (step.is === "end of link") {
        at.requireOwner(step);
        steps = after;
        continue;
      }
      const { name } = step;
      const isLast = !after.some(({ is }) => is === "name");
      if (isLast && at.path === ownDescriptors() && /^\d+$/.test(name)) {
        at.close();
        return { is: "descriptor", descriptor: Number(name) };
      }
      const found = at.stat(name);
      if (found?.isSymlink) {
        if (++links > mostLinks) throw new Error("too many links");
        const end = at.follow(name, found);
        const target = at.linkTarget(name);
        if (target.startsWith("/")) at = at.replacedBy(Directory.open("/", "", true));
        steps = [...namesIn(target), ...end, ...after];
      } else if (isLast) {
        for (const end of after) if (end.is === "end of link") at.requireOwner(end);
        return at.place(name);
      } else {
        at = at.replacedBy(at.enter(name));
        steps = after;
      }
    }
  } catch (error) {
    at.close();
    throw error;
  }
}

/** What is left of a path. */
type Step =
  | { readonly is: "name"; readonly name: string }
  /** Here the link has led: the directory must belong to the user who made it. */
  | { readonly is: "end of link"; readonly link: string; readonly owner: number | null };

function namesIn(path: string): Step[] {
  return path.split("/").filter((part) => part !== "" && part !== ".").map((name) => ({ is: "name", name }));
}

function foreignLink(link: string): ForeignLink {
  return new ForeignLink(`another user may have made the link ${link}: give the path it leads to`);
}

/** Throws as `findPlace` does, and for a path that names a descriptor. */
export function fixPath(path: string): FixedPath {
  const place = findPlace(path);
  if (place.is === "descriptor") throw new Error("it is an open file of this process");
  return { path: `${place.directory}/${place.name}`, [Symbol.dispose]: () => place.close() };
}

/** Also where /dev or /proc lacks them. */
const standardStreams: Readonly<Record<string, number>> = {
  "/dev/stdin": 0,
  "/dev/stdout": 1,
  "/dev/stderr": 2,
};

function ownDescriptors(): string | undefined {
  try {
    return `/proc/${readLinkThroughProc("/proc/self")}/fd`;
  } catch {
    return undefined;
  }
}

class Directory {
  /** `null` without a /proc or a C library that is known: then the path is all there is. */
  readonly #descriptor: number | null;
  readonly #info: FileFacts;
  readonly #isTrusted: boolean;
  /** Whether no other user can put a directory in the place of one of this user in it, or of one above. */
  readonly #isSafeWay: boolean;
  /** Without links; "" for the root. */
  readonly path: string;

  private constructor(descriptor: number | null, path: string, isSafeWay: boolean) {
    this.#descriptor = descriptor;
    this.path = path;
    this.#info = statThroughProc(this.#reached);
    const isShared = ((this.#info.mode ?? 0) & groupOrOthers) !== 0;
    this.#isTrusted = isSafeWay && this.#isOurs && !isShared;
    this.#isSafeWay = isSafeWay && this.#isOurs && (!isShared || this.#isSticky);
  }

  /** `path` is the name of the directory that the system is asked for as `asked`. */
  static open(asked: string, path: string, isSafeWay: boolean): Directory {
    const descriptor = descriptorOf(asked, path || "/");
    try {
      return new Directory(descriptor, path, isSafeWay);
    } catch (error) {
      if (descriptor !== null) libc().close(descriptor);
      throw error;
    }
  }

  get #reached(): string {
    return this.#descriptor === null ? this.path || "/" : `/proc/self/fd/${this.#descriptor}`;
  }

  get #isOurs(): boolean {
    return this.#info.uid === 0 || this.#info.uid === ownUid();
  }

  get #isPublic(): boolean {
    return ((this.#info.mode ?? 0) & others) !== 0;
  }

  get #isSticky(): boolean {
    return ((this.#info.mode ?? 0) & sticky) !== 0;
  }

  stat(name: string): FileFacts | null {
    try {
      return lstatThroughProc(`${this.#reached}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return null;
      throw error;
    }
  }

  /**
   * Throws `ForeignLink` for a link that is not followed, else returns what has to be checked at its end. A link with two
   * names may have been made elsewhere.
   */
  follow(name: string, { uid, nlink }: FileFacts): readonly Step[] {
    const isOurLink = (uid === 0 || uid === ownUid()) && (nlink === null || nlink === 1);
    if (isOurLink && this.#isOurs && (!this.#isPublic || this.#isSticky)) return [];
    const link = `${this.path}/${name}`;
    if (this.#isPublic) throw foreignLink(link);
    if (ownUid() !== 0) return [];
    if (uid === 0) throw foreignLink(link);
    return [{ is: "end of link", link, owner: uid }];
  }

  requireOwner({ link, owner }: Step & { readonly is: "end of link" }): void {
    if (this.#info.uid !== owner) throw foreignLink(link);
  }

  linkTarget(name: string): string {
    return readLinkThroughProc(`${this.#reached}/${name}`);
  }

  enter(name: string): Directory {
    const path = name === ".." ? this.path.slice(0, this.path.lastIndexOf("/")) : `${this.path}/${name}`;
    return Directory.open(`${this.#reached}/${name}`, path, this.#isSafeWay);
  }

  replacedBy(next: Directory): Directory {
    this.close();
    return next;
  }

  place(name: string): Place {
    return {
      is: "file",
      directory: this.#reached,
      name,
      isTrusted: this.#isTrusted,
      isPublic: this.#isPublic,
      close: () => this.close(),
    };
  }

  close(): void {
    if (this.#descriptor !== null) libc().close(this.#descriptor);
  }
}

let isPossible: boolean | undefined;

/**
 * Whether files can be named through open directories: on Linux, with a /proc, where this process may call the C library
 * (from source, `--allow-all`). Elsewhere a link that another user changes at the right moment is not noticed.
 */
export function canFixPaths(): boolean {
  return isPossible ??= tryToFix();
}

/** `null` where a directory cannot be named through its descriptor. */
function descriptorOf(asked: string, path: string): number | null {
  if (!canFixPaths()) return null;
  const descriptor = libc().open(cString(asked), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
  if (descriptor < 0) throw lastError(path);
  return descriptor;
}

function tryToFix(): boolean {
  try {
    return Deno.build.os === "linux" && Deno.statSync("/proc/self/fd").isDirectory && libc() !== undefined;
  } catch {
    return false;
  }
}
