/** The screen of `denicorn ctl top`, made from the previous status and the current one. */

import { sampleOf, workerRate } from "../../control/page/samples.ts";
import { printable } from "../../core/printable.ts";
import type { CurrentRequest, Status, WorkerStatus } from "../../core/telemetry/status.ts";
import { workerCounts } from "../../core/telemetry/worker_counts.ts";
import { ageText, counted, rateText, stateOf, timeText } from "./figures.ts";
import { alignedTable } from "../layout.ts";
import { errorsOf, firstShown, firstView, sorted, type TopView } from "./top_view.ts";

interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

interface Screen {
  readonly lines: readonly string[];
  /** The workers that pass the filter. */
  readonly count: number;
  /** For how many workers there is space. */
  readonly rows: number;
}

const unknown = "-";

/** Lines around the workers: what is said of the server, an empty one, the head of the table, and the keys. */
const otherLines = 6;

interface Column {
  readonly head: string;
  readonly cell: (worker: WorkerStatus, before: Status | null, now: Status) => string;
  /** Those with the greatest number are left out first where the screen is narrow; 0 never. */
  readonly leftOut: number;
}

const columnsOfTable: readonly Column[] = [
  { head: "WORKER", leftOut: 0, cell: ({ slot }) => String(slot) },
  { head: "PID", leftOut: 1, cell: ({ pid }) => String(pid) },
  { head: "GEN", leftOut: 9, cell: ({ generation }) => String(generation) },
  { head: "STATE", leftOut: 0, cell: stateOf },
  { head: "REQ/S", leftOut: 0, cell: (worker, before, now) => rateText(workerRate(before, now, worker)) },
  { head: "ERRORS", leftOut: 0, cell: (worker) => String(errorsOf(worker)) },
  { head: "RESTARTS", leftOut: 7, cell: ({ restarts }) => String(restarts) },
  { head: "P50", leftOut: 11, cell: ({ p50 }) => timeText(p50) },
  { head: "P99", leftOut: 4, cell: ({ p99 }) => timeText(p99) },
  { head: "IN FLIGHT", leftOut: 2, cell: ({ inFlight }) => String(inFlight) },
  { head: "LAG", leftOut: 3, cell: ({ lag }) => `${lag}ms` },
  { head: "CPU", leftOut: 6, cell: ({ cpu }) => cpuText(cpu) },
  { head: "MEMORY", leftOut: 5, cell: ({ memory }) => memoryText(memory) },
  { head: "AGE", leftOut: 10, cell: ({ age }) => ageText(age) },
  { head: "REQUEST", leftOut: 8, cell: ({ current }) => requestText(current) },
];

/** As much of a request as is worth a column. */
const shortestRequest = 10;

/** What may stand on each line; the keys on the last one. `before` is `null` the first time. */
export function topScreen(
  before: Status | null,
  now: Status,
  { columns, rows }: ScreenSize,
  view: TopView = firstView,
  hasColour = false,
): Screen {
  const table = rowsOf(before, now, columns, view);
  const space = Math.max(0, rows - otherLines);
  const first = firstShown(view, table.workers.length, space);
  const shown = table.workers.slice(first, first + space);
  const cut = (line: string) => Array.from(printable(line)).slice(0, columns).join("").trimEnd();
  const lines = [
    ...summary(before, now).map(cut),
    "",
    cut(table.head),
    ...shown.map(({ line, worker }) => painted(cut(line), worker, hasColour)),
  ];
  const count = table.workers.length;
  if (rows === Infinity) return { lines, count, rows: space };
  const above = Array.from({ length: Math.max(0, rows - 1) }, (_, place) => lines[place] ?? "");
  return { lines: [...above, cut(keysText(view, first, shown.length, count))], count, rows: space };
}

function summary(before: Status | null, now: Status): string[] {
  const { app, phase, addresses, pid, generation, totals, master } = now;
  // Its percentiles are of the requests since the previous status, those of a worker of all since its start.
  const { rate, p50, p99 } = sampleOf(before, now);
  const { ready, spare, paused, others, wanted } = workerCounts(now);
  const restarts = Object.values(totals.restarts).reduce((sum, count) => sum + count, 0);
  return [
    `${app} is ${phase} on ${addresses.join(", ")}`,
    `master ${pid}, generation ${generation}, ${ready} of ${counted(wanted, "worker")} ready` +
    (paused === 0 ? "" : `, ${paused} paused`) +
    (others === 0 ? "" : `, ${counted(others, "other")}`) +
    (spare === 0 ? "" : `, ${counted(spare, "spare")}`) +
    `, cpu ${cpuText(master.cpu)}, memory ${memoryText(master.memory)}`,
    `${rateText(rate)} req/s, ${totals.inFlight} in flight, ${totals.backlog ?? unknown} waiting, ` +
    `p50 ${timeText(p50)}, p99 ${timeText(p99)}, ` +
    `${counted(totals.responses["5xx"], "error")}, ${counted(restarts, "restart")}`,
  ];
}

interface Row {
  readonly line: string;
  readonly worker: WorkerStatus;
}

function rowsOf(
  before: Status | null,
  now: Status,
  columns: number,
  view: TopView,
): { readonly head: string; readonly workers: readonly Row[] } {
  const workers = sorted(now.workers, before, now, view);
  const cells = workers.map((worker) => columnsOfTable.map(({ cell }) => cell(worker, before, now)));
  const wanted = view.filter.toLowerCase();
  const passes = cells.map((row) => row.some((text) => text.toLowerCase().includes(wanted)));
  const fitting = columnsThatFit(cells, columns);
  const heads = columnsOfTable.map(({ head }) => head);
  const [head = "", ...lines] = alignedTable(
    [heads, ...cells].map((row) => fitting.map((place) => printable(row[place] ?? ""))),
  );
  const rows = lines.flatMap((line, place) => passes[place] ? [{ line, worker: workers[place]! }] : []);
  return { head, workers: rows };
}

/** The places of the columns for which there is space, in their order. */
function columnsThatFit(cells: readonly (readonly string[])[], columns: number): number[] {
  let places = columnsOfTable.map((_, place) => place);
  const widthOf = (place: number) => {
    const { head } = columnsOfTable[place]!;
    // It is the last one, and may be cut.
    if (head === "REQUEST") return shortestRequest;
    return Math.max(head.length, ...cells.map((row) => row[place]!.length));
  };
  const rank = (place: number) => columnsOfTable[place]!.leftOut;
  const width = () => places.reduce((sum, place) => sum + widthOf(place) + 2, -2);
  while (width() > columns) {
    const least = places.reduce((one, other) => rank(other) > rank(one) ? other : one);
    if (rank(least) === 0) break;
    places = places.filter((place) => place !== least);
  }
  return places;
}

const red = "\x1b[31m";
const yellow = "\x1b[33m";
const plain = "\x1b[0m";

function painted(line: string, { isStalled, state }: WorkerStatus, hasColour: boolean): string {
  const colour = isStalled ? red : state === "draining" || state === "killed" ? yellow : null;
  return hasColour && colour !== null ? colour + line + plain : line;
}

function keysText(
  { sort, isReversed, filter, isTyping }: TopView,
  first: number,
  shown: number,
  count: number,
): string {
  if (isTyping) return `filter: ${filter}_  Enter: keep  Esc: all workers`;
  const range = shown < count ? `${first + 1}-${first + shown} of ${count}` : String(count);
  const wanted = filter === "" ? "" : ` (${filter})`;
  const order = isReversed ? `${sort}, reversed` : sort;
  return `${range}  q quit  ↑↓ scroll  s sort: ${order}  r reverse  / filter${wanted}`;
}

function cpuText(share: number | null): string {
  return share === null ? unknown : `${(share * 100).toFixed(0)}%`;
}

function memoryText(bytes: number | null): string {
  return bytes === null ? unknown : `${(bytes / 2 ** 20).toFixed(0)}M`;
}

function requestText(request: CurrentRequest | null): string {
  if (request === null) return unknown;
  return `${request.method} ${request.path} ${timeText(request.ms)}`;
}
