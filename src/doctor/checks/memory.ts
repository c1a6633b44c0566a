import { readAvailableMemory } from "../../system/host/cgroup.ts";
import { type Check, type Finding, note, ok, problem } from "../check.ts";

export const memory: Check = {
  name: "memory",
  why:
    "The master and each worker are separate processes, and a reload runs additional workers. If they need more " +
    "memory than there is, the kernel kills one of them.",
  change:
    "Use fewer --workers, or raise the limit: systemd `MemoryMax=`, containers `--memory=` or the memory limit " +
    "of the pod. `--max-heap auto` ends a worker that leaks before the kernel has to kill anything.",
  linuxOnly: true,
  onFailure: "note",
  run({ system, settings }) {
    const available = readAvailableMemory(system);
    if (available === null) return note("/proc/meminfo does not show the memory of the machine");
    return judgeMemory({ ...available, workers: settings.workers + settings.spareWorkers });
  },
};

const mebibyte = 1024 * 1024;
/** A worker with the smallest app has 69 MiB in memory, of which 34 to 43 MiB are private (smaps_rollup). */
const least = 48 * mebibyte;
/** Leaves about as much again for the app. */
const comfortable = 128 * mebibyte;

export function judgeMemory(
  { memory, isLimit, workers }: { memory: number; isLimit: boolean; workers: number },
): Finding {
  const processes = workers + 2;
  const each = memory / processes;
  const mib = (amount: number) => `${Math.floor(amount / mebibyte)} MiB`;
  const whose = isLimit ? "limit of the cgroup" : "whole machine";
  const finding = `${mib(memory)} (${whose}): ${mib(each)} for each of ${processes} processes`;
  if (each < least) return problem(finding);
  return each < comfortable ? note(finding) : ok(finding);
}
