/**
 * How long to wait before replacing a dead worker. One death is replaced at once; deaths that repeat wait
 * longer and longer, and calm forgives them: the count halves every `halfLife`.
 *
 * The decaying count is that of Erlang-style supervisors (thejerf/suture, `v4/supervisor.go`).
 */

export interface Backoff {
  /** Weighted deaths, decayed to the moment `at`. */
  readonly failures: number;
  readonly at: number;
  /** No worker is started before this moment. */
  readonly notBefore: number;
}

const halfLife = 60_000;
const firstDelay = 100;
const longestDelay = 30_000;

/**
 * What ended a worker: an error of its own, one before it was ready, silence; or it could not be started at all.
 * SIGKILL comes from outside: an operator, or the kernel short of memory. It says little about whether the
 * next worker will live, so it counts a tenth.
 */
const weights = { crash: 1, boot: 1, hang: 1, spawn: 1, killed: 0.1 } as const;
export type DeathCause = keyof typeof weights;

export const noBackoff: Backoff = { failures: 0, at: 0, notBefore: 0 };

/** The count as it stands at `now`. Times are milliseconds on one monotonic clock. */
export function failuresAt(backoff: Backoff, now: number): number {
  return backoff.failures * 0.5 ** ((now - backoff.at) / halfLife);
}

/**
 * Records one death. Every one of `workers` may die once without delay (all at once after an out-of-memory
 * kill, say); beyond that the delay doubles with each death. `random` in [0, 1) spreads it by up to 20 %.
 */
export function recordDeath(
  backoff: Backoff,
  cause: DeathCause,
  workers: number,
  now: number,
  random: number,
): Backoff {
  const failures = failuresAt(backoff, now) + weights[cause];
  const beyond = failures - Math.max(1, workers);
  const delay = beyond <= 0 ? 0 : Math.min(longestDelay, firstDelay * 2 ** (Math.min(beyond, 20) - 1));
  return { failures, at: now, notBefore: Math.max(backoff.notBefore, now + delay * (1 + random * 0.2)) };
}

/** True while deaths repeat faster than calm forgives them; logs are thinned then. */
export function isCrashLoop(backoff: Backoff, workers: number, now: number): boolean {
  return failuresAt(backoff, now) > Math.max(1, workers);
}
