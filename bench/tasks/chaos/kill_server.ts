/** Kills a whole server, as the end of its machine would. */

/** Kills `master` and all that it has started. Returns their process ids. */
export function killServer(master: number): number[] {
  // It starts no more processes meanwhile.
  Deno.kill(master, "SIGSTOP");
  const all = [master, ...descendants(master)];
  for (const pid of all.toReversed()) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended in the meantime.
    }
  }
  return all;
}

function descendants(ancestor: number): number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (stat !== undefined) parents.set(Number(name), stat);
  }
  const found = [ancestor];
  for (const pid of found) {
    for (const [child, parent] of parents) if (parent === pid) found.push(child);
  }
  return found.slice(1);
}

function statOf(pid: string): number | undefined {
  try {
    const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")")).split(" ")[2]);
  } catch {
    return undefined;
  }
}
