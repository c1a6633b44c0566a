/**
 * The file of the running program, from which its children are started. It may be replaced or removed meanwhile; its
 * content stays readable in /proc. But a compiled program opens its own file by its name, which then is gone, so the
 * program is copied once.
 *
 * A compiled program reads the flags of V8 from its own file, and nothing else sets the limit of its heap:
 * `DENO_V8_FLAGS` and `NODE_OPTIONS` do nothing there, and `v8.setFlagsFromString` comes too late. So children with a
 * limit are started from a copy with other flags.
 */

import { heapFlagsText, writtenHeapFlags } from "../../core/heap_flags.ts";
import { copyProgram, identityOf, type ProgramCopy, runningProgram } from "./program_copy.ts";

/** The name of its file at the start: later the system adds " (deleted)" to it. */
let started: string | null = null;
let home: string | null = null;
let copy: ProgramCopy | null = null;

/** Copies by the limit of their heap, the one that was used last at the end. */
const limited = new Map<number, ProgramCopy>();

/** During a reload workers of two generations are started. */
const mostLimited = 2;

/** The directory for a copy, which the caller removes. If it cannot hold one, or none is given, others are tried. */
export function keepProgramIn(directory: string): void {
  home = directory;
  nameAtStart();
}

function nameAtStart(): string {
  return started ??= Deno.execPath();
}

/**
 * A path from which the program that runs now can be started, and not a newer one that has taken its place. With
 * `heapLimit`, in bytes, it is a copy in which the heap has that limit. Throws if there is no place for a copy.
 */
export function programPath(heapLimit: number): string {
  return heapLimit === 0 ? unlimitedPath() : limitedPath(heapLimit);
}

function unlimitedPath(): string {
  const own = identityOf(runningProgram);
  const name = nameAtStart();
  if (own === null || own === identityOf(name)) return name;
  if (copy === null || !isThere(copy)) {
    try {
      copy = copyProgram(fileName(), home, () => {});
    } catch (error) {
      throw new Error(`${name} was replaced, and there is ${error instanceof Error ? error.message : error}`);
    }
  }
  return copy.path;
}

function limitedPath(heapLimit: number): string {
  let copy = limited.get(heapLimit);
  limited.delete(heapLimit);
  if (copy === undefined || !isThere(copy)) {
    copy = copyProgram(fileName(), home, (path) => writeHeapFlags(path, heapLimit));
  }
  limited.set(heapLimit, copy);
  for (const [limit, { remove }] of limited) {
    if (limited.size <= mostLimited) break;
    limited.delete(limit);
    remove();
  }
  return copy.path;
}

function isThere({ path, identity }: ProgramCopy): boolean {
  return identityOf(path) === identity;
}

function fileName(): string {
  const name = nameAtStart();
  return name.slice(name.lastIndexOf("/") + 1);
}

const blockSize = 1024 ** 2;

/** Writes them in the place of those in the compiled program, which are near the end of its file. */
function writeHeapFlags(path: string, heapLimit: number): void {
  using file = Deno.openSync(path, { read: true, write: true });
  const text = heapFlagsText(heapLimit);
  const decoder = new TextDecoder("latin1");
  let { size: end } = file.statSync();
  while (end > text.length) {
    const start = Math.max(0, end - blockSize);
    const block = readAt(file, start, end - start);
    const found = decoder.decode(block).search(writtenHeapFlags);
    if (found !== -1) {
      file.seekSync(start + found, Deno.SeekMode.Start);
      file.writeSync(new TextEncoder().encode(text));
      return;
    }
    // The next block overlaps this one: the text may be on the border.
    end = start === 0 ? 0 : start + text.length;
  }
  throw new Error("it has no flags for V8");
}

function readAt(file: Deno.FsFile, position: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  file.seekSync(position, Deno.SeekMode.Start);
  for (let filled = 0; filled < length;) {
    const count = file.readSync(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes;
}
