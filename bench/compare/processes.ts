/** What the processes of a server use: CPU time and memory, from /proc. */

/** The processes and all their descendants that exist now. */
export function familyOf(roots: readonly number[]): readonly number[] {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    const fields = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]));
  }
  const family = new Set(roots);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const [pid, parent] of parents) if (family.has(parent)) family.add(pid);
  }
  return [...family];
}

/** Microseconds of CPU time, user and system, of these processes. The kernel counts in steps of 10 ms. */
export function cpuOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = statOf(pid);
    return fields === undefined ? sum : sum + (Number(fields[11]) + Number(fields[12])) * 10_000;
  }, 0);
}

export interface Memory {
  /** Megabytes of the pages of all processes; a shared page counts once. */
  readonly pss: number;
  /** Megabytes that one worker has for itself, on average. */
  readonly private: number;
}

export function memoryOf(all: readonly number[], workers: readonly number[]): Memory {
  const own = workers.map((pid) => kilobytes(pid, "Private_Clean") + kilobytes(pid, "Private_Dirty"));
  return {
    pss: sum(all.map((pid) => kilobytes(pid, "Pss"))) / 1_024,
    private: sum(own) / own.length / 1_024,
  };
}

/** The arguments, each followed by a zero character; empty when the process has ended. */
export function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`) ?? "";
}

function kilobytes(pid: number, name: string): number {
  const text = read(`/proc/${pid}/smaps_rollup`) ?? "";
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The fields of /proc/PID/stat after the name, which may contain spaces. */
function statOf(pid: number): readonly string[] | undefined {
  return read(`/proc/${pid}/stat`)?.split(") ").at(-1)?.split(" ");
}

/** `undefined` when the process has ended. */
function read(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
