/** The threads of a process, as Linux lists them in /proc/PID/task. */

/**
 * Calls `change` once for each thread, also for those that are started meanwhile: what a thread starts inherits what it had
 * by then. Throws what `change` throws for a thread that has not ended; elsewhere than on Linux it always throws.
 */
export function forEachThread(pid: number | "self", change: (thread: number) => void): void {
  const done = new Set<string>();
  for (;;) {
    const found = Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => name)
      .filter((name) => !done.has(name));
    if (found.length === 0) return;
    for (const name of found) {
      done.add(name);
      try {
        change(Number(name));
      } catch (error) {
        if (hasThread(pid, name)) throw error;
      }
    }
  }
}

function hasThread(pid: number | "self", name: string): boolean {
  try {
    Deno.lstatSync(`/proc/${pid}/task/${name}`);
    return true;
  } catch {
    return false;
  }
}
