/** How many restarts, reloads, upgrades and scalings the server has had so far. */

import type { DeathCause } from "../pool/backoff.ts";
import type { RecycleReason } from "../pool/recycling.ts";

/** Why a worker was replaced. */
export type RestartCause = DeathCause | RecycleReason;

export interface RestartCounters {
  readonly restarts: Readonly<Record<RestartCause, number>>;
  readonly reloads: { readonly succeeded: number; readonly failed: number };
  readonly upgrades: { readonly succeeded: number; readonly failed: number };
  readonly scalings: { readonly up: number; readonly down: number };
}

export const noRestarts: RestartCounters = {
  restarts: {
    ...{ crash: 0, boot: 0, hang: 0, killed: 0, spawn: 0 },
    ...{ "max-requests": 0, "max-lifetime": 0, "max-memory": 0 },
  },
  reloads: { succeeded: 0, failed: 0 },
  upgrades: { succeeded: 0, failed: 0 },
  scalings: { up: 0, down: 0 },
};

export function recordRestart(restarts: RestartCounters, cause: RestartCause): RestartCounters {
  return { ...restarts, restarts: countIn(restarts.restarts, cause) };
}

export function recordOutcome(
  restarts: RestartCounters,
  of: "reloads" | "upgrades",
  outcome: "succeeded" | "failed",
): RestartCounters {
  return { ...restarts, [of]: countIn(restarts[of], outcome) };
}

export function recordScaling(restarts: RestartCounters, direction: "up" | "down"): RestartCounters {
  return { ...restarts, scalings: countIn(restarts.scalings, direction) };
}

function countIn<Key extends string>(counts: Readonly<Record<Key, number>>, key: Key): Record<Key, number> {
  return { ...counts, [key]: counts[key] + 1 };
}
