/** Which charts are drawn, each from one cell and one figure. */

import type { PeerName } from "../peers.ts";
import { type Figure, figures, formatted, type Sample, spreadOf, valuesOf } from "../summary.ts";
import { type Bar, barChart } from "./chart.ts";
import type { Result } from "./result.ts";

interface Chart {
  readonly file: string;
  readonly cell: string;
  readonly figure: Figure;
}

const charts: readonly Chart[] = [
  { file: "rate.svg", cell: "tiny, kept connections", figure: "rate" },
  { file: "cpu.svg", cell: "tiny, kept connections", figure: "cpu" },
  { file: "computing.svg", cell: "8 ms of computing, 140/s, 2 workers", figure: "p99" },
  { file: "mixed.svg", cell: "1 % × 50 ms, new connections, 4 workers", figure: "rate" },
];

export interface Drawing {
  readonly file: string;
  readonly title: string;
  readonly svg: string;
}

/** A chart whose cell was not measured is left out. */
export function drawingsOf({ cells }: Result): readonly Drawing[] {
  return charts.flatMap(({ file, cell: name, figure }) => {
    const found = cells.find(({ cell }) => cell.name === name);
    if (found === undefined) return [];
    const { better, title: what, unit } = figures[figure];
    const bars = Object.entries(found.samples as Record<PeerName, readonly Sample[]>)
      .flatMap(([name, rounds]): readonly Bar[] => {
        const spread = spreadOf(valuesOf(rounds, figure));
        return spread === undefined ? [] : [{ name, spread, text: formatted(spread.median, figure) }];
      });
    if (bars.length === 0) return [];
    const sign = better === "more" ? -1 : 1;
    const sorted = bars.toSorted((a, b) => sign * (a.spread.median - b.spread.median));
    const title = `${name}: ${what}, ${unit}`;
    const note = `${better} is better; the line goes from the least to the most of ${found.rounds} rounds`;
    return [{ file, title, svg: barChart(title, note, sorted) }];
  });
}
