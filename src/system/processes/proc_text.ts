/** Reads files under /proc: proc(5). */

/** Empty if it cannot be read: the process is gone or belongs to another user, or there is no /proc. */
export function procText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** All processes that this one can see; none where there is no /proc. */
export function processIds(): number[] {
  try {
    return Array.from(Deno.readDirSync("/proc"), ({ name }) => Number(name)).filter(Number.isInteger);
  } catch {
    return [];
  }
}
