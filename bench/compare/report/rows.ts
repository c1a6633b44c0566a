/** One cell's results as rows of text: each peer's medians, and its ratio to the yardstick. */

import type { Cell } from "../cells.ts";
import type { PeerName } from "../peers.ts";
import {
  type Figure,
  figures,
  formatted,
  ratioOf,
  type Sample,
  spreadOf,
  valuesOf,
  verdictOf,
} from "../summary.ts";
import type { CellResult } from "./result.ts";

/** What is compared with the yardstick, if it was measured. */
const compared: readonly Figure[] = ["rate", "cpu", "p99", "boot", "reload", "recovery"];

/** A ratio that is within the noise is marked: it names no winner. */
export function rowsOf({ cell, samples }: CellResult): readonly (readonly string[])[] {
  const entries = Object.entries(samples) as [PeerName, readonly Sample[]][];
  const isMeasured = (figure: Figure) => entries.some(([, rounds]) => valuesOf(rounds, figure).length > 0);
  const shown = (Object.keys(figures) as Figure[]).filter(isMeasured);
  // In an open loop the rate and the work are given.
  const ratios = compared.filter((figure) =>
    isMeasured(figure) && (cell.load.driver !== "arrivals" || figure === "p99")
  );
  const head = [
    "",
    ...shown.map((figure) => figures[figure].short),
    ...ratios.map((figure) => `${figures[figure].short.replace(/ \S+$/, "")} ratio`),
  ];
  const rows = entries.map(([name, rounds]) => {
    const yardstick = yardstickOf(cell, name);
    return [
      name,
      ...shown.map((figure) => cellText(rounds, figure)),
      ...ratios.map((figure) => name === yardstick ? "1" : ratioText(rounds, samples[yardstick], figure)),
    ];
  });
  return [head, ...rows];
}

/** The binary is compared with the compiled yardstick, which has the same runtime. */
function yardstickOf({ yardstick, peers }: Cell, name: PeerName): PeerName {
  const compiled = "bare Deno.serve, compiled";
  const isCompiled = name.startsWith("denicorn binary") || name === compiled;
  return isCompiled && yardstick === "bare Deno.serve" && peers.includes(compiled) ? compiled : yardstick;
}

function cellText(rounds: readonly Sample[], figure: Figure): string {
  const spread = spreadOf(valuesOf(rounds, figure));
  if (spread === undefined) return "–";
  if (spread.most === 0) return "0";
  const share = Math.max(spread.most - spread.median, spread.median - spread.least) / spread.median;
  return `${formatted(spread.median, figure)} ±${(share * 100).toFixed(0)} %`;
}

function ratioText(own: readonly Sample[], other: readonly Sample[] | undefined, figure: Figure): string {
  const ratio = other && ratioOf(own, other, figure);
  if (ratio === undefined) return "–";
  const verdict = verdictOf(ratio, figure);
  return `${ratio.median.toFixed(2)}${verdict === "within the noise" ? " (noise)" : ""}`;
}
