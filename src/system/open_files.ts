/** How many files this process may have open at once (getrlimit(2)). Structures as on 64-bit Linux. */

import { statThroughProc } from "./files/stat_through_proc.ts";
import { lastError, libc } from "./libc.ts";
import { F_DUPFD_CLOEXEC } from "./linux_constants.ts";
import type { FileLimit, OpenFiles } from "./system.ts";

const RLIMIT_NOFILE = 7;
const infinite = 0xffff_ffff_ffff_ffffn;

export const openFiles: OpenFiles = {
  limit() {
    const limits = new BigUint64Array(2);
    if (libc().getrlimit(RLIMIT_NOFILE, limits) !== 0) throw lastError("getrlimit RLIMIT_NOFILE");
    const [soft, hard] = Array.from(limits, (limit) => limit === infinite ? Infinity : Number(limit));
    return { soft: soft!, hard: hard! };
  },

  setLimit({ soft, hard }) {
    const limits = BigUint64Array.of(
      ...[soft, hard].map((limit) => limit === Infinity ? infinite : BigInt(limit)),
    );
    if (libc().setrlimit(RLIMIT_NOFILE, limits) !== 0) throw lastError("setrlimit RLIMIT_NOFILE");
  },

  hasAvailable(count) {
    // The number of open files since Linux 6.2, 0 before: proc(5). It takes 3 µs.
    const { size } = statThroughProc("/proc/self/fd");
    if (size > 0) return openFiles.limit().soft - size >= count;
    // Below the highest number in use there may be free ones, so only opening some tells.
    const opened: number[] = [];
    while (opened.length < count) {
      const copy = libc().fcntl(0, F_DUPFD_CLOEXEC, 0);
      if (copy < 0) break;
      opened.push(copy);
    }
    opened.forEach((copy) => libc().close(copy));
    return opened.length === count;
  },
};

/**
 * Container engines set hard limits of 2^30 and more, with which programs that close every file they might have
 * inherited take minutes to start. 2^20 is the most that Linux gives a process by default (fs.nr_open).
 */
const enough = 1_048_576;

/**
 * The soft limit for a server, which is never lower than the given one. The soft limit is 1024 nearly everywhere, for
 * the sake of programs that call select(); a program that does not call it raises the limit by itself, as Go does at
 * every start and systemd asks for (https://0pointer.net/blog/file-descriptor-limits.html). nginx raises it only if
 * configured to, with `worker_rlimit_nofile`.
 */
export function raisedLimit({ soft, hard }: FileLimit): number {
  return Math.max(soft, Math.min(hard, enough));
}
