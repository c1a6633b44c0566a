import { type Check, type Finding, note, ok, problem, queueOfClosing } from "../check.ts";

/** The first version with SO_ATTACH_REUSEPORT_CBPF for TCP; 4.5 has it only for UDP (socket(7)). */
const steersSince = [4, 6] as const;

export const kernel: Check = {
  name: "kernel",
  why:
    "Workers share a port with SO_REUSEPORT. Linux distributes new connections among them and, since 4.6, " +
    "lets Denicorn steer them. Other systems give all connections to one worker.",
  change: "Run Denicorn on Linux 4.6 or later; on other systems use one worker (--workers 1).",
  lossWindow: queueOfClosing,
  onFailure: "note",
  run({ system, settings }) {
    const { host, files } = system;
    if (host.os !== "linux") return judgeOtherSystem(host.os, settings.workers);
    return judgeLinux(files.readTextSync("/proc/sys/kernel/osrelease").trim());
  },
};

export function judgeOtherSystem(os: string, workers: number): Finding {
  return workers === 1
    ? note(`${os}: connections are not distributed among workers, so one worker is right`)
    : problem(`${os}: connections are not distributed among workers, and ${workers} workers are set`);
}

export function judgeLinux(release: string): Finding {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (major === undefined) {
    return { ...note(`Linux "${release}": the version is not recognised`), leavesOpen: false };
  }
  const isOlder = Number(major) < steersSince[0] ||
    (Number(major) === steersSince[0] && Number(minor) < steersSince[1]);
  return isOlder
    ? problem(`Linux ${release}: distributes connections, but cannot steer them`)
    : ok(`Linux ${release}: distributes connections and can steer them`);
}
