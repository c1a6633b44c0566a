/** What the kernel says about the memory of a process in /proc/PID/smaps_rollup. */

/** Bytes a process has for itself: without the pages of the executable and others it shares. Null if it does not say. */
export function parsePrivateMemory(rollup: string): number | null {
  const found = Array.from(rollup.matchAll(/^Private_(?:Clean|Dirty): +(\d+) kB$/gm), ([, kB]) => Number(kB));
  return found.length === 2 ? found[0]! * 1024 + found[1]! * 1024 : null;
}
