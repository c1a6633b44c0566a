/**
 * Files below a folder, for clients: nothing outside of it can be opened by any path or link, not even by one that is put
 * there in between. The kernel sees to that (openat2(2), RESOLVE_BENEATH) where this process may ask it; elsewhere the
 * real path is looked at before and after a file is opened.
 */

import { cString, errorNumber, lastError, libc } from "../libc.ts";
import { O_CLOEXEC, O_DIRECTORY, O_NOCTTY, O_NONBLOCK, O_PATH } from "../linux_constants.ts";
import { canFixPaths } from "./safe_path.ts";
import type { Served, ServedFolder } from "./files.ts";
import { fromDescriptor, fromRuntime } from "./served_file.ts";

const nothing = { is: "nothing" } as const;
const directory = { is: "directory" } as const;
const outside = { is: "outside" } as const;

/**
 * `root` is an absolute path without links. It need not exist yet. `byKernel`: the kernel is asked, which must be possible.
 */
export function servedFolder(root: string, byKernel: boolean = keepsBeneath()): ServedFolder {
  return byKernel ? new KernelFolder(root) : new RuntimeFolder(root);
}

// openat2(2), the same on all architectures
const SYS_openat2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;

// errno(3)
const EAGAIN = 11;
const EXDEV = 18;
/** The process or the system has too many open files, or no memory. */
const exhausted: ReadonlySet<number> = new Set([12, 23, 24]);

/** `struct open_how`. */
function openHow(flags: number, resolve: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new BigUint64Array([BigInt(flags), 0n, BigInt(resolve)]).buffer);
}

const forReading = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
const beneath = openHow(forReading, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS);
const withoutLinks = openHow(forReading, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);

function openat2(at: number, path: string, how: Uint8Array<ArrayBuffer>): number {
  return Number(libc().openat2(BigInt(SYS_openat2), BigInt(at), cString(path), how, BigInt(how.length)));
}

let isPossible: boolean | undefined;

/** A file that Deno is not allowed to read must not be opened in another way. */
function keepsBeneath(): boolean {
  return isPossible ??= mayReadAll() && canFixPaths() && hasOpenat2();
}

function mayReadAll(): boolean {
  const { state, partial } = Deno.permissions.querySync({ name: "read" });
  return state === "granted" && !partial;
}

/** Before Linux 5.6 there is none, and a container may forbid it. */
function hasOpenat2(): boolean {
  const { statx } = libc();
  if (typeof statx !== "function") return false;
  const root = openDirectory("/");
  const found = root < 0 ? -1 : openat2(root, ".", openHow(O_PATH | O_CLOEXEC, RESOLVE_BENEATH));
  for (const descriptor of [root, found]) if (descriptor >= 0) libc().close(descriptor);
  return found >= 0;
}

function openDirectory(path: string): number {
  return libc().open(cString(path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/** Milliseconds after which the folder is looked up again: another one may have been put in its place. */
const lookedUpFor = 1_000;

class KernelFolder implements ServedFolder {
  readonly #root: string;
  #descriptor = -1;
  #lookedUpAt = -Infinity;

  constructor(root: string) {
    this.#root = root;
  }

  open(path: string): Served {
    const at = this.#at();
    if (at < 0) return nothing;
    const name = path === "" ? "." : path;
    let descriptor = openat2(at, name, beneath);
    if (descriptor < 0) {
      let errno = errorNumber();
      // A file or link was moved in between.
      for (let times = 0; errno === EAGAIN && times < 3 && descriptor < 0; times++) {
        descriptor = openat2(at, name, beneath);
        if (descriptor < 0) errno = errorNumber();
      }
      if (descriptor < 0 && errno === EXDEV) {
        const real = this.#realName(name);
        if (real === null) return outside;
        descriptor = openat2(at, real, withoutLinks);
        if (descriptor < 0) errno = errorNumber();
      }
      if (descriptor < 0) return this.#failed(errno, path);
    }
    const found = fromDescriptor(descriptor);
    return found === null ? nothing : found === "directory" ? directory : { is: "file", file: found };
  }

  #failed(errno: number, path: string): Served {
    if (exhausted.has(errno)) throw lastError(`open ${path}`);
    return nothing;
  }

  /** A link with an absolute path may lead to a place in the folder: without links, that is found from here. */
  #realName(name: string): string | null {
    try {
      return nameBelow(this.#root, Deno.realPathSync(`${this.#root}/${name}`));
    } catch {
      return null;
    }
  }

  #at(): number {
    const now = performance.now();
    if (now - this.#lookedUpAt < lookedUpFor && this.#descriptor >= 0) return this.#descriptor;
    if (this.#descriptor >= 0) libc().close(this.#descriptor);
    this.#descriptor = openDirectory(this.#root);
    this.#lookedUpAt = now;
    return this.#descriptor;
  }
}

class RuntimeFolder implements ServedFolder {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  open(path: string): Served {
    const asked = `${this.#root}/${path}`;
    const real = orNull(() => Deno.realPathSync(asked));
    if (real === null) return nothing;
    if (nameBelow(this.#root, real) === null) return outside;
    const found = orNull(() => Deno.statSync(real));
    if (found?.isDirectory) return directory;
    // Opening a FIFO would wait for a writer.
    if (!found?.isFile) return nothing;
    const file = orNull(() => Deno.openSync(real));
    if (file === null) return nothing;
    const info = file.statSync();
    if (orNull(() => Deno.realPathSync(asked)) === real && isSame(info, found)) {
      return { is: "file", file: fromRuntime(file, info) };
    }
    file.close();
    return nothing;
  }
}

function isSame(one: Deno.FileInfo, other: Deno.FileInfo): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** `null` for what is not below `root`. */
function nameBelow(root: string, path: string): string | null {
  if (path === root) return ".";
  const front = root === "/" ? root : `${root}/`;
  return path.startsWith(front) ? path.slice(front.length) : null;
}

/** Errors other than that there are too many open files say that there is nothing for clients. */
function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error && /os error (12|23|24)\b/.test(error.message)) throw error;
    return null;
  }
}
