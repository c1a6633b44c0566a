/** The result of a cell, and whether it fails. */

import { type Cell, hasYardstick, isDenicorn } from "./cells.ts";
import type { FailureCounts } from "./client/failure.ts";
import type { LoadResult } from "./client/load_options.ts";
import type { Percentiles } from "./client/histogram.ts";

export interface Measured {
  readonly outcome: "measured";
  readonly requests: number;
  readonly seconds: number;
  readonly lost: number;
  readonly failures: FailureCounts;
  /** Time and text of the first failures. */
  readonly samples: LoadResult["samples"];
  readonly latency: Percentiles;
  readonly reconnects: number;
  /** Operations that were completed, and how many were planned. */
  readonly operations: number;
  readonly planned: number;
  /** Values that only this cell reports. */
  readonly figures: Readonly<Record<string, number>>;
  /** Problems that the cell itself found, besides losses and latency. */
  readonly problems: readonly string[];
  /** Losses that cannot be avoided and are not a failure: those of killed workers. */
  readonly tolerated: number;
}

export interface NotMeasured {
  readonly outcome: "not supported" | "skipped" | "broken";
  readonly reason: string;
}

export type CellResult = Measured | NotMeasured;

export function measured(
  load: LoadResult,
  more: Partial<Pick<Measured, "operations" | "planned" | "figures" | "problems" | "tolerated">> = {},
): Measured {
  const { requests, seconds, lost, failures, latency, reconnects } = load;
  const problems = load.outOfTime ? ["out of time"] : [];
  return {
    outcome: "measured",
    requests,
    seconds,
    lost,
    failures,
    samples: load.samples.slice(0, 3),
    latency,
    reconnects,
    operations: 0,
    planned: 0,
    figures: {},
    tolerated: 0,
    ...more,
    problems: [...problems, ...more.problems ?? []],
  };
}

/** A p99.9 above this multiple of the quiet run's is a failure. */
const slowdownAllowed = 5;

/** Why a cell fails; empty if it does not. Only cells of Denicorn can fail, the others are for comparison. */
export function problemsOf(cell: Cell, result: CellResult, quiet: CellResult | undefined): readonly string[] {
  if (!isDenicorn(cell.server)) return [];
  if (result.outcome === "skipped") return [];
  // A stall cell may use a setting that this server does not have.
  if (result.outcome === "not supported" && cell.kind === "stall") return [];
  if (result.outcome !== "measured") return [`${result.outcome}: ${result.reason}`];
  const problems = [...result.problems];
  if (result.lost > result.tolerated) problems.push(`${result.lost} lost`);
  if (result.operations < result.planned) {
    problems.push(`${result.operations} of ${result.planned} operations`);
  }
  const times = slowdown(cell, result, quiet);
  if (times !== undefined && times > slowdownAllowed) {
    problems.push(`p99.9 ${times.toFixed(1)}× the quiet one`);
  }
  return problems;
}

/** p99.9 as a multiple of the quiet run's. */
export function slowdown(cell: Cell, result: CellResult, quiet: CellResult | undefined): number | undefined {
  if (!hasYardstick(cell) || result.outcome !== "measured" || quiet?.outcome !== "measured") return undefined;
  return result.latency.p999 / quiet.latency.p999;
}
