/**
 * How long to wait before a dead worker is replaced. A single death is replaced at once. If deaths repeat, the delay
 * grows; the failure count halves every `halfLife`, so that it shrinks again.
 *
 * The decaying count is the one of Erlang-style supervisors (thejerf/suture, `v4/supervisor.go`).
 */

export interface Backoff {
  /** Weighted deaths, decayed up to the time `at`. */
  readonly failures: number;
  readonly at: number;
  /** No worker is started before this time. */
  readonly notBefore: number;
}

const halfLife = 60_000;
const firstDelay = 100;
const longestDelay = 30_000;

/**
 * What ended a worker: an error of its own (`crash`), one before it was ready (`boot`), a blocked event loop
 * (`hang`); or its process could not be started (`spawn`). SIGKILL comes from outside: an operator, or the kernel
 * when memory runs out. It says little about whether the next worker will survive, so it counts a tenth.
 */
const weights = { crash: 1, boot: 1, hang: 1, spawn: 1, killed: 0.1 } as const;
export type DeathCause = keyof typeof weights;

export const noBackoff: Backoff = { failures: 0, at: 0, notBefore: 0 };

/** The failure count decayed to `now`. Times are milliseconds on a monotonic clock. */
export function failuresAt(backoff: Backoff, now: number): number {
  return backoff.failures * 0.5 ** ((now - backoff.at) / halfLife);
}

/**
 * Records one death. As many deaths as there are `workers` cause no delay (all may be killed at once when memory runs
 * out); after that each death doubles the delay. `random` in [0, 1) adds up to 20 %.
 */
export function recordDeath(
  backoff: Backoff,
  cause: DeathCause,
  workers: number,
  now: number,
  random: number,
): Backoff {
  const failures = failuresAt(backoff, now) + weights[cause];
  const excess = failures - Math.max(1, workers);
  const delay = excess <= 0 ? 0 : Math.min(longestDelay, firstDelay * 2 ** (Math.min(excess, 20) - 1));
  return { failures, at: now, notBefore: Math.max(backoff.notBefore, now + delay * (1 + random * 0.2)) };
}

/** True while workers die faster than the count decays. Fewer log lines are written then. */
export function isCrashLoop(backoff: Backoff, workers: number, now: number): boolean {
  return failuresAt(backoff, now) > Math.max(1, workers);
}
