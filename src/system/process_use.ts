/** What the kernel says about a process under /proc/PID. */

/** Linux tells times of processes in hundredths of a second, on every architecture (USER_HZ, times(2)). */
const ticksPerSecond = 100;

/** Seconds of a core the process has taken, by /proc/PID/stat. Null if it does not say. */
export function parseCpuSeconds(stat: string): number | null {
  // The name, in parentheses, may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [user, system] = [Number(fields[11]), Number(fields[12])];
  const ticks = user + system;
  return fields.length > 12 && Number.isFinite(ticks) ? ticks / ticksPerSecond : null;
}

/**
 * Bytes of memory that are the process's own, by /proc/PID/statm: what is resident and not of a file. It costs 5 µs
 * where /proc/PID/status costs 77, and smaps_rollup makes the kernel walk all pages.
 */
export function parseOwnMemory(statm: string, pageSize: number): number | null {
  const [, resident, shared] = statm.split(" ").map(Number);
  const pages = resident! - shared!;
  return Number.isFinite(pages) ? pages * pageSize : null;
}

/** AT_PAGESZ (getauxval(3)). */
const pageSizeEntry = 6n;

/** Bytes of a page, by /proc/self/auxv: pairs of 64-bit numbers. Null if it does not say. */
export function parsePageSize(auxv: Uint8Array<ArrayBuffer>): number | null {
  const words = new BigUint64Array(auxv.slice(0, auxv.length - auxv.length % 16).buffer);
  for (let entry = 0; entry < words.length; entry += 2) {
    if (words[entry] === pageSizeEntry) return Number(words[entry + 1]);
  }
  return null;
}
