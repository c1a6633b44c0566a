/** The table of workers: its columns, and the order of its rows. */

import type { WorkerStatus } from "../../core/telemetry/status.ts";
import { countText, durationText, latencyText, memoryText } from "./display_text.ts";

export interface WorkerRow {
  readonly worker: WorkerStatus;
  /** Requests per second. */
  readonly rate: number | null;
  /** Responses with a class of 5xx per second. */
  readonly errors: number | null;
}

interface Column {
  readonly title: string;
  readonly value: (row: WorkerRow) => number;
  readonly show: (row: WorkerRow) => string;
  /** The first click on its head puts the greatest first. */
  readonly isGreatestFirst: boolean;
}

export interface Order {
  /** The title of a column; null for what needs attention first. */
  readonly by: string | null;
  readonly isDescending: boolean;
}

export const columns: readonly Column[] = [
  plain("worker", ({ worker }) => worker.slot, String),
  {
    title: "state",
    value: urgency,
    show: ({ worker }) => stateText(worker),
    isGreatestFirst: false,
  },
  plain("age", ({ worker }) => worker.age, durationText),
  figure("req/s", ({ rate }) => rate, countText),
  figure("errors", ({ worker }) => worker.responses["5xx"], countText),
  figure("in flight", ({ worker }) => worker.inFlight, countText),
  figure("p99", ({ worker }) => worker.p99, latencyText),
  plain("lag", ({ worker }) => lagOf(worker), lagText),
  figure("memory", ({ worker }) => worker.memory, memoryText),
  figure("restarts", ({ worker }) => worker.restarts, countText),
];

/** The rows in an order; what is equal stays in the order of the workers. */
export function ordered(rows: readonly WorkerRow[], { by, isDescending }: Order): WorkerRow[] {
  const column = columns.find(({ title }) => title === by);
  if (column === undefined) {
    return rows.toSorted((a, b) => urgency(a) - urgency(b) || a.worker.slot - b.worker.slot);
  }
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => sign * (column.value(a) - column.value(b)) || a.worker.slot - b.worker.slot);
}

/** The order after a click on the head of a column: the other direction, and then as at first. */
export function orderAfter({ by, isDescending }: Order, title: string): Order {
  const first = columns.find((column) => column.title === title)?.isGreatestFirst === true;
  if (by !== title) return { by: title, isDescending: first };
  return isDescending === first ? { by, isDescending: !first } : { by: null, isDescending: false };
}

/** How late the event loop is: that of a blocked one at least as long as it has given no sign. */
export function lagOf({ isStalled, lag, heartbeatAge }: WorkerStatus): number {
  return isStalled ? Math.max(lag, heartbeatAge ?? 0) : lag;
}

/** The worker counts whole milliseconds. */
export function lagText(ms: number): string {
  return ms < 1 ? "0 ms" : latencyText(ms);
}

/** `ready`, or `blocked` for a worker that is ready and cannot answer. */
export function stateText({ state, isStalled }: WorkerStatus): string {
  if (!isStalled) return state;
  return state === "ready" ? "blocked" : `${state}, blocked`;
}

export function moodOf({ state, isStalled }: WorkerStatus): "good" | "warn" | "bad" {
  if (isStalled || state === "killed") return "bad";
  return state === "ready" || state === "spare" ? "good" : "warn";
}

const statesByUrgency = ["killed", "booting", "draining", "paused", "ready", "spare"] as const;

/** The lower, the sooner somebody should look at it. */
function urgency({ worker: { state, isStalled }, errors }: WorkerRow): number {
  if (isStalled) return 0;
  const isFailing = state === "ready" && (errors ?? 0) > 0;
  return isFailing ? 1.5 : 1 + statesByUrgency.indexOf(state);
}

function plain(title: string, value: (row: WorkerRow) => number, show: (value: number) => string): Column {
  return { title, value, show: (row) => show(value(row)), isGreatestFirst: false };
}

/** What is not known is the least. */
function figure(
  title: string,
  value: (row: WorkerRow) => number | null,
  show: (value: number | null) => string,
): Column {
  return { title, value: (row) => value(row) ?? -1, show: (row) => show(value(row)), isGreatestFirst: true };
}
