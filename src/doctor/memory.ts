import { readCgroupLimits } from "./cgroup.ts";
import { type Check, type Finding, note, ok, problem } from "./check.ts";

export const memory: Check = {
  name: "memory",
  why:
    "Master and workers are processes of their own, and during a reload there is a worker more. If they need " +
    "more than there is, the kernel kills one.",
  change:
    "Set fewer --workers, or raise the limit: systemd `MemoryMax=`, containers `--memory=` or the memory limit " +
    "of the pod.",
  linuxOnly: true,
  onFailure: "note",
  run({ system, settings }) {
    const total = /^MemTotal:\s+(\d+) kB/m.exec(system.files.readTextSync("/proc/meminfo"))?.[1];
    if (total === undefined) return note("/proc/meminfo does not tell the memory of the machine");
    return judgeMemory({
      machine: Number(total) * 1024,
      limit: readCgroupLimits(system).memory,
      workers: settings.workers,
    });
  },
};

const mebibyte = 1024 * 1024;
/** A worker with the smallest app has 69 MiB in memory, 34 to 43 MiB of it its own (smaps_rollup). */
const least = 48 * mebibyte;
/** That, and about as much again for the app. */
const comfortable = 128 * mebibyte;

export function judgeMemory(
  { machine, limit, workers }: { machine: number; limit: number | null; workers: number },
): Finding {
  // Without a limit, version 1 says about 2^63.
  const isLimited = limit !== null && limit < machine;
  const bytes = isLimited ? limit : machine;
  const processes = workers + 2;
  const each = bytes / processes;
  const mib = (amount: number) => `${Math.floor(amount / mebibyte)} MiB`;
  const whose = isLimited ? "limit of the cgroup" : "all of the machine";
  const finding = `${mib(bytes)} (${whose}): ${mib(each)} for each of ${processes} processes`;
  if (each < least) return problem(finding);
  return each < comfortable ? note(finding) : ok(finding);
}
