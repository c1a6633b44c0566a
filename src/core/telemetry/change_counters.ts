/** How many restarts of workers, reloads, upgrades and scalings the server has had so far. */

import type { DeathCause } from "../pool/backoff.ts";
import type { RecycleReason } from "../pool/recycling.ts";

/** Why a worker was replaced. */
type RestartCause = DeathCause | RecycleReason;

export interface ChangeCounters {
  /** Workers that were replaced, but not by a reload, an upgrade or a scaling. */
  readonly restarts: Readonly<Record<RestartCause, number>>;
  readonly reloads: { readonly succeeded: number; readonly failed: number };
  readonly upgrades: { readonly succeeded: number; readonly failed: number };
  /** Changes of the target. */
  readonly scalings: { readonly up: number; readonly down: number };
}

export const noChanges: ChangeCounters = {
  restarts: {
    ...{ crash: 0, boot: 0, hang: 0, killed: 0, spawn: 0 },
    ...{ "max-requests": 0, "max-lifetime": 0, "max-memory": 0, requested: 0 },
  },
  reloads: { succeeded: 0, failed: 0 },
  upgrades: { succeeded: 0, failed: 0 },
  scalings: { up: 0, down: 0 },
};

export function recordRestart(counters: ChangeCounters, cause: RestartCause): ChangeCounters {
  return { ...counters, restarts: countIn(counters.restarts, cause) };
}

export function recordOutcome(
  counters: ChangeCounters,
  of: "reloads" | "upgrades",
  outcome: "succeeded" | "failed",
): ChangeCounters {
  return { ...counters, [of]: countIn(counters[of], outcome) };
}

export function recordScaling(counters: ChangeCounters, direction: "up" | "down"): ChangeCounters {
  return { ...counters, scalings: countIn(counters.scalings, direction) };
}

function countIn<Key extends string>(counts: Readonly<Record<Key, number>>, key: Key): Record<Key, number> {
  return { ...counts, [key]: counts[key] + 1 };
}
