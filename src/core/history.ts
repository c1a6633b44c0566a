/** How often what happened to the server so far. */

import type { DeathCause } from "./backoff.ts";
import type { SpentBecause } from "./recycling.ts";

/** Why a worker was replaced. */
export type RestartCause = DeathCause | SpentBecause;

export interface History {
  readonly restarts: Readonly<Record<RestartCause, number>>;
  readonly reloads: { readonly succeeded: number; readonly failed: number };
  readonly upgrades: { readonly succeeded: number; readonly failed: number };
  readonly scalings: { readonly up: number; readonly down: number };
}

export const noHistory: History = {
  restarts: {
    ...{ crash: 0, boot: 0, hang: 0, killed: 0, spawn: 0 },
    ...{ "max-requests": 0, "max-lifetime": 0, "max-memory": 0 },
  },
  reloads: { succeeded: 0, failed: 0 },
  upgrades: { succeeded: 0, failed: 0 },
  scalings: { up: 0, down: 0 },
};

export function recordRestart(history: History, cause: RestartCause): History {
  return { ...history, restarts: countIn(history.restarts, cause) };
}

export function recordOutcome(
  history: History,
  of: "reloads" | "upgrades",
  outcome: "succeeded" | "failed",
): History {
  return { ...history, [of]: countIn(history[of], outcome) };
}

export function recordScaling(history: History, direction: "up" | "down"): History {
  return { ...history, scalings: countIn(history.scalings, direction) };
}

function countIn<Key extends string>(counts: Readonly<Record<Key, number>>, key: Key): Record<Key, number> {
  return { ...counts, [key]: counts[key] + 1 };
}
