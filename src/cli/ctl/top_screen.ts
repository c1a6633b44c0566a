/** The screen of `denicorn ctl top`, made from the previous status and the current one. */

import { sampleOf, workerRate } from "../../control/page/samples.ts";
import { printable } from "../../core/printable.ts";
import type { CurrentRequest, Status, WorkerStatus } from "../../core/telemetry/status.ts";
import { ageText, rateText, stateOf, timeText } from "./figures.ts";
import { alignedTable } from "../layout.ts";

interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

const unknown = "-";

const head = [
  ...["WORKER", "PID", "GEN", "STATE", "REQ/S", "P50", "P99", "IN FLIGHT"],
  ...["LAG", "CPU", "MEMORY", "AGE", "REQUEST"],
];

/** The lines of the screen, cut to its size. `before` is `null` the first time. */
export function topLines(before: Status | null, now: Status, { columns, rows }: ScreenSize): string[] {
  const { app, phase, addresses, pid, generation, target, workers, totals, master } = now;
  // Its percentiles are of the requests since the previous status, those of a worker of all since its start.
  const { rate, p50, p99, ready } = sampleOf(before, now);
  const lines = [
    `${app} is ${phase} on ${addresses.join(", ")}`,
    `master ${pid}, generation ${generation}, ${ready} ready of ${target}, cpu ${cpuText(master.cpu)}, ` +
    `memory ${memoryText(master.memory)}`,
    `${rateText(rate)} req/s, ${totals.inFlight} in flight, ${totals.backlog ?? unknown} waiting, ` +
    `p50 ${timeText(p50)}, p99 ${timeText(p99)}`,
    "",
    ...alignedTable([head, ...workers.map((worker) => cells(worker, before, now))]),
  ].map((line) => Array.from(printable(line)).slice(0, columns).join("").trimEnd());
  if (lines.length <= rows) return lines;
  const hidden = lines.length - rows + 1;
  return [...lines.slice(0, rows - 1), `… and ${hidden} more`.slice(0, columns)];
}

function cells(worker: WorkerStatus, before: Status | null, now: Status): string[] {
  const { slot, pid, generation, p50, p99, inFlight, lag, cpu, memory, age, current } = worker;
  const rate = workerRate(before, now, worker);
  return [
    ...[String(slot), String(pid), String(generation), stateOf(worker), rateText(rate)],
    ...[timeText(p50), timeText(p99), String(inFlight), `${lag}ms`, cpuText(cpu), memoryText(memory)],
    ...[ageText(age), requestText(current)],
  ];
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
