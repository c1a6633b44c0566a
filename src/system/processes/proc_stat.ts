/** Reads what the kernel says about a process under /proc/PID: proc(5). */

/** Linux counts the time of processes in hundredths of a second, on every architecture (USER_HZ, times(2)). */
const ticksPerSecond = 100;

/** Seconds of CPU time that the process has used, from /proc/PID/stat; `null` if it is not in there. */
export function parseCpuSeconds(stat: string): number | null {
  const fields = fieldsAfterName(stat);
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  const ticks = user + system;
  return fields.length > 12 && Number.isFinite(ticks) ? ticks / ticksPerSecond : null;
}

/**
 * Whether the process has ended, from /proc/PID/stat. A zombie has ended, unless only its first thread has: its files
 * stay open until the last thread ends.
 */
export function hasEnded(stat: string): boolean {
  const fields = fieldsAfterName(stat);
  const [state, threads] = [fields[0], Number(fields[17])];
  return state === "Z" && threads <= 1;
}

interface ProcessIdentity {
  readonly name: string;
  readonly hasEnded: boolean;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
}

/** The name, parent, group and session of a process, from /proc/PID/stat; `null` if it is not in there. */
export function parseIdentity(stat: string): ProcessIdentity | null {
  const [, parent, group, session] = fieldsAfterName(stat).map(Number);
  if (parent === undefined || group === undefined || session === undefined) return null;
  const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  return { name, hasEnded: hasEnded(stat), parent, group, session };
}

/** Where the kernel keeps the arguments of a process, from /proc/PID/stat; `null` if it does not say. */
export function parseArgumentsPlace(
  stat: string,
): { readonly address: bigint; readonly length: number } | null {
  const [start = "0", end = "0"] = fieldsAfterName(stat).slice(45, 47);
  const length = Number(BigInt(end) - BigInt(start));
  return length > 0 && start !== "0" ? { address: BigInt(start), length } : null;
}

/** The fields of /proc/PID/stat from the state on. The name before it, in parentheses, may contain parentheses. */
function fieldsAfterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/**
 * Bytes of memory that belong to the process alone, from /proc/PID/statm: what is resident and not of a file. This
 * costs 5 µs; /proc/PID/status costs 77, and for smaps_rollup the kernel walks all pages.
 */
export function parseOwnMemory(statm: string, pageSize: number): number | null {
  const [, resident, shared] = statm.split(" ").map(Number);
  const pages = resident! - shared!;
  return Number.isFinite(pages) ? pages * pageSize : null;
}

/**
 * Bytes of private memory, from /proc/PID/smaps_rollup: without the pages of the executable and others that processes
 * share. `null` if it is not in there. Pages of files do not count even if no other process has them: from a copy of the
 * program, which workers with max-heap are started from, a single worker has 44 MB.
 */
export function parsePrivateMemory(rollup: string): number | null {
  const read = (name: string) => {
    const kB = new RegExp(`^${name}: +(\\d+) kB$`, "m").exec(rollup)?.[1];
    return kB === undefined ? null : Number(kB) * 1024;
  };
  const [clean, dirty, anonymous] = [read("Private_Clean"), read("Private_Dirty"), read("Anonymous")];
  return clean === null || dirty === null ? null : Math.min(clean + dirty, anonymous ?? Infinity);
}

/** AT_PAGESZ (getauxval(3)). */
const pageSizeEntry = 6n;

/** Bytes of a page, from /proc/self/auxv, which holds pairs of 64-bit numbers; `null` if it is not in there. */
export function parsePageSize(auxv: Uint8Array<ArrayBuffer>): number | null {
  const words = new BigUint64Array(auxv.slice(0, auxv.length - auxv.length % 16).buffer);
  for (let entry = 0; entry < words.length; entry += 2) {
    if (words[entry] === pageSizeEntry) return Number(words[entry + 1]);
  }
  return null;
}
