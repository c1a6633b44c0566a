import { type Check, type Finding, note, ok, problem } from "../check.ts";

const openFiles = "/proc/self/fd";
const processState = "/proc/self/stat";
const memoryMap = "/proc/self/smaps_rollup";

export const procFiles: Check = {
  name: "proc",
  why:
    `Denicorn finds its own sockets in ${openFiles}, reads from /proc/PID/stat whether a process runs, and reads ` +
    `the memory use of workers from ${memoryMap}.`,
  change: "Mount it: `mount -t proc proc /proc`. smaps_rollup needs Linux 4.14.",
  linuxOnly: true,
  onFailure: "problem",
  run: ({ system }) =>
    judgeProcFiles([
      ...missing(openFiles, () => system.files.list(openFiles)),
      ...missing(processState, () => system.files.readTextSync(processState)),
      ...missing(memoryMap, () => system.files.readTextSync(memoryMap)),
    ]),
};

function missing(path: string, read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch {
    return [path];
  }
}

export function judgeProcFiles(unreadable: readonly string[]): Finding {
  if (unreadable.length === 0) return ok("open files, state and memory of processes can be read");
  const finding = `${unreadable.join(", ")} cannot be read`;
  return unreadable.every((path) => path === memoryMap) ? note(finding) : problem(finding);
}
