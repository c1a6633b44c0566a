/** Formats the results as a table for people and as JSON lines for machines. */

import type { Cell } from "./cells.ts";
import { type CellResult, problemsOf, slowdown } from "./result.ts";

export interface Row {
  readonly cell: Cell;
  readonly result: CellResult;
  readonly quiet: CellResult | undefined;
}

const heads = [
  "CELL",
  "REQUESTS",
  "PER S",
  "OPS",
  "LOST",
  "p50",
  "p99",
  "p99.9",
  "MAX ms",
  "QUIET",
  "REMARKS",
];

export function table(rows: readonly Row[]): string {
  const lines = [heads, ...rows.map(columns)];
  const widths = heads.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const isText = (column: number) => column === 0 || column === heads.length - 1;
  return lines.map((line) =>
    line.map((text, column) => isText(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))
      .join("  ").trimEnd()
  ).join("\n");
}

function columns({ cell, result, quiet }: Row): string[] {
  const problems = problemsOf(cell, result, quiet);
  if (result.outcome !== "measured") {
    const reason = `${result.outcome}: ${result.reason}`.split("\n")[0]!;
    return [cell.name, ...heads.slice(2).map(() => "-"), reason];
  }
  const { requests, seconds, operations, lost, latency, failures, figures } = result;
  const times = slowdown(cell, result, quiet);
  const remarks = [
    ...problems.length > 0 ? [`FAILED: ${problems.join(", ")}`] : [],
    ...Object.entries(failures).map(([kind, count]) => `${kind} ${count}`),
    ...Object.entries(figures).map(([name, value]) => `${name} ${value}`),
  ];
  return [
    cell.name,
    String(requests),
    (requests / seconds).toFixed(0),
    String(operations),
    String(lost),
    ...[latency.p50, latency.p99, latency.p999, latency.max].map((ms) => ms.toFixed(1)),
    times === undefined ? "-" : `${times.toFixed(1)}×`,
    remarks.join(", "),
  ];
}

export function jsonLine({ cell, result, quiet }: Row, network: string): string {
  const { name, server, mode, args } = cell;
  const times = slowdown(cell, result, quiet);
  return JSON.stringify({
    bench: "loss",
    cell: name,
    server,
    mode,
    args,
    network,
    ...result,
    quiet: times === undefined ? null : Math.round(times * 100) / 100,
    failed: problemsOf(cell, result, quiet),
  });
}
