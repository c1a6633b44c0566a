/** What Linux says about the threads of a process, under /proc. */

/** The niceness of each of its threads (proc(5), field 19 of stat). */
export function nicenessOf(pid: number): number[] {
  return eachThread(pid, (folder) => {
    const stat = Deno.readTextFileSync(`${folder}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  });
}

/** As `ps` shows it, and the short name that `top` shows. */
export function shownAs(pid: number): { readonly title: string; readonly name: string } {
  const read = (file: string) => Deno.readTextFileSync(`/proc/${pid}/${file}`);
  return { title: read("cmdline").replaceAll("\0", " ").trimEnd(), name: read("comm").trimEnd() };
}

/** The short names of its threads. */
export function threadNames(pid: number): string[] {
  return eachThread(pid, (folder) => Deno.readTextFileSync(`${folder}/comm`).trimEnd());
}

/** The cores that each of its threads may use, as the kernel lists them, by the number of the thread. */
export function coresOf(pid: number): Map<number, string> {
  return new Map(eachThread(pid, (folder) => {
    const status = Deno.readTextFileSync(`${folder}/status`);
    return [Number(folder.split("/").at(-1)), /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)![1]!] as const;
  }));
}

/** What `read` finds in the folder of each thread; without those that have ended meanwhile. */
function eachThread<Fact>(pid: number, read: (folder: string) => Fact): Fact[] {
  return Array.from(Deno.readDirSync(`/proc/${pid}/task`), ({ name }) => `/proc/${pid}/task/${name}`).flatMap(
    (folder) => {
      try {
        return [read(folder)];
      } catch {
        return [];
      }
    },
  );
}
