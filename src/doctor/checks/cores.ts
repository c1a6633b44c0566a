import { readCgroupLimits } from "../../system/host/cgroup.ts";
import { type Check, type Finding, note, ok } from "../check.ts";

export const cores: Check = {
  name: "cores",
  why:
    "A worker runs JavaScript on one core. With fewer workers than cores some cores are idle; many more workers only " +
    "take memory. `--workers auto` starts one for each core this process may use. With a quota of less than one core " +
    "the kernel pauses workers, and their heartbeats are late.",
  change: "`--workers auto`; systemd: `CPUQuota=200%`; containers: `--cpus=2` or the CPU limit of the pod.",
  linuxOnly: true,
  onFailure: "note",
  run: ({ system, settings }) =>
    judgeCores({
      usable: system.host.cores(),
      present: countCores(system.files.readTextSync("/proc/cpuinfo")),
      quota: readCgroupLimits(system).cores,
      workers: settings.workers,
    }),
};

function countCores(cpuinfo: string): number {
  return cpuinfo.match(/^processor\s*:/gm)?.length ?? 0;
}

/** More workers per core help no app that mostly computes. */
const workersPerCore = 2;

export function judgeCores(
  { usable, present, quota, workers }: {
    usable: number;
    present: number;
    quota: number | null;
    workers: number;
  },
): Finding {
  const all = Math.max(usable, present);
  const auto = `--workers auto starts ${usable}`;
  if (quota !== null && quota < 1) {
    return note(`the quota (cgroup) is ${quota.toFixed(2)} of ${all} cores: ${auto}`);
  }
  const limited = quota === null ? "" : `, by quota ${quota.toFixed(2)}`;
  const set = `${workers} ${workers === 1 ? "is" : "are"} set`;
  const found = `${usable} of ${all} cores may be used${limited}: ${auto}, ${set}`;
  return workers > workersPerCore * usable ? note(found) : ok(found);
}
