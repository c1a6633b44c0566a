/**
 * How many files a process may have open. The soft limit, which counts, is 1024 nearly everywhere, for the sake of
 * programs that call select(); who does not raises it to the hard one by itself, as Go does at every start and
 * systemd asks for (https://0pointer.net/blog/file-descriptor-limits.html). nginx raises it only where it is told a
 * number, `worker_rlimit_nofile`.
 */

export interface FileLimit {
  readonly soft: number;
  readonly hard: number;
}

/**
 * Container engines set hard limits of 2^30 and more, and programs that close every file they might have inherited
 * then take minutes to start. 2^20 is what Linux gives a process at most by default (fs.nr_open).
 */
const enough = 1_048_576;

/** The soft limit a server gives itself; never a lower one than it has. */
export function raised({ soft, hard }: FileLimit): number {
  return Math.max(soft, Math.min(hard, enough));
}
