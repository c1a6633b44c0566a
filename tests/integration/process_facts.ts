/** What Linux says about the threads of a process, under /proc. */

/** The niceness of each of its threads (proc(5), field 19 of stat). */
export function nicenessOf(pid: number): number[] {
  return eachThread(pid, (folder) => {
    const stat = Deno.readTextFileSync(`${folder}/stat`);
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]);
  });
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
