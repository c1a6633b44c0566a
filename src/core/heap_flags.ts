/**
 * The flags by which V8 limits its heap. A compiled program has them in its file with values of 0, which mean the limit
 * of the runtime, and always in the same length: to give it a limit, other digits are written over those in a copy.
 */

const megabyte = 1024 ** 2;

const digits = 10;

/** V8's own limit of a semi-space: 32 MB. */
const largestSemiSpace = 32;

/**
 * The flags for a heap of `limit` bytes, in whole megabytes; 0 for the limit of the runtime. New objects get at most a
 * quarter of it, in three semi-spaces, as in a heap of 384 MB without flags. V8 itself would give them 1 MB each in a
 * heap of 100 MB. A loop that keeps 50,000 objects alive made 1.7 times as many rounds with 8 MB each, and 4.5 times as
 * many without a limit (medians of six runs in turns, on a busy machine, which vary by a factor of two).
 */
export function heapFlags(limit: number): readonly [string, string] {
  const heap = Math.floor(limit / megabyte);
  const semiSpace = Math.min(largestSemiSpace, Math.floor(heap / 12));
  return [flag("max-heap-size", heap), flag("max-semi-space-size", semiSpace)];
}

function flag(name: string, megabytes: number): string {
  return `--${name}=${String(megabytes).padStart(digits, "0")}`;
}

/** The flags as they are written in the file of a compiled program: in JSON, all of the same length. */
export function heapFlagsText(limit: number): string {
  return heapFlags(limit).map((flag) => JSON.stringify(flag)).join(",");
}

/** Finds what `heapFlagsText` has written. It does not find itself in the code of the program. */
export const writtenHeapFlags = /"--max-heap-size=\d{10}","--max-semi-space-size=\d{10}"/g;
