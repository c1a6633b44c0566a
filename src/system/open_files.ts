/** The files this process may have open at once (getrlimit(2)). Structures as on 64-bit Linux. */

import { lastError, libc } from "./libc.ts";
import type { OpenFiles } from "./system.ts";

const RLIMIT_NOFILE = 7;
const F_DUPFD_CLOEXEC = 1030;
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
    // There is no asking: a number above the highest in use says nothing of those below.
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
