/** Figures, times and states as `denicorn ctl` shows them. */

import type { WorkerStatus } from "../../core/telemetry/status.ts";
import { printable } from "../../core/printable.ts";

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

export function stateOf({ state, isStalled }: WorkerStatus): string {
  return isStalled ? `${state}, stalled` : state;
}

/** `42s`, `5m12s`, `3h07m`, `12d04h`. */
export function ageText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** A latency, or how long a task took; a dash if it is not known. */
export function timeText(ms: number | null): string {
  if (ms === null) return "-";
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)}s`;
  return ms < 10 ? `${ms.toFixed(1)}ms` : `${ms.toFixed(0)}ms`;
}

/** For each second; a dash if it is not known. */
export function rateText(rate: number | null): string {
  if (rate === null) return "-";
  return rate >= 100 ? rate.toFixed(0) : rate.toFixed(1);
}

/** Control characters in a path, a value or the error of an app must not reach the terminal. */
export function lines(table: readonly string[]): string {
  return table.map((line) => `${printable(line)}\n`).join("");
}
