/** The figures in README's section "Speed", from the results in docs/benchmarks/. */

import type { PeerName } from "../peers.ts";
import { type Figure, ratioOf, spreadOf, valuesOf } from "../summary.ts";
import type { Result } from "./result.ts";

const start = "<!-- Written by make bench -->";
const end = "<!-- End of what make bench wrote -->";

/** Replaces the figures in the text of README. */
export function withSpeed(readme: string, result: Result): string {
  const [before, rest] = readme.split(start);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`README has no "${start}" and "${end}"`);
  return `${before}${start}\n\n${speedOf(result)}\n\n${end}${after}`;
}

/** Rows whose cells were not measured are left out. */
export function speedOf({ machine, cells }: Result): string {
  const samplesOf = (cell: string, peer: PeerName) =>
    cells.find(({ cell: { name } }) => name === cell)?.samples[peer] ?? [];
  const ratio = (cell: string, figure: Figure, peer: PeerName, other: PeerName) => {
    const found = ratioOf(samplesOf(cell, peer), samplesOf(cell, other), figure);
    return found && `${found.median.toFixed(2)} (${found.least.toFixed(2)}–${found.most.toFixed(2)})`;
  };
  const median = (cell: string, figure: Figure, peer: PeerName, unit: string) => {
    const found = spreadOf(valuesOf(samplesOf(cell, peer), figure));
    return found && `${found.median.toFixed(0)} ${unit}`;
  };
  const editions = [["from source", "denicorn source", "bare Deno.serve"], [
    "binary",
    "denicorn binary",
    "bare Deno.serve, compiled",
  ]] as const;
  const hello = "hello, kept connections";
  const rows = [
    ["", ...editions.map(([name]) => name)],
    ["CPU per request", ...editions.map(([, own, bare]) => ratio(hello, "cpu", own, bare))],
    ["requests per second", ...editions.map(([, own, bare]) => ratio(hello, "rate", own, bare))],
    [
      "requests per second, access log on",
      ...editions.map(([, own, bare]) => ratio(hello, "rate", `${own}, access log`, bare)),
    ],
    [
      "CPU per request, new connections",
      ...editions.map(([, own, bare]) => ratio("hello, new connections", "cpu", own, bare)),
    ],
    [
      "private memory of a worker after load",
      ...editions.map(([, own, bare]) => ratio(hello, "private", own, bare)),
    ],
    [
      "first answer after a start",
      ...editions.map(([, own]) => median("boot to the first answer", "boot", own, "ms")),
    ],
  ].filter((row) => row.every((text) => text !== undefined)) as string[][];
  const [head, ...body] = rows;
  const line = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  return [
    `Two workers against two bare \`Deno.serve\` processes of the same runtime, on ${machine.cores} cores (\`${machine.processor}\`):`,
    "ratios, with the range over the rounds.",
    "",
    line(head!),
    line(head!.map(() => "---")),
    ...body.map(line),
  ].join("\n");
}
