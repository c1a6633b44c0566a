/** A bar for each peer, as SVG: the median, with a line from the least to the most. */

import type { Spread } from "../summary.ts";

export interface Bar {
  readonly name: string;
  readonly spread: Spread;
  /** For the reader. */
  readonly text: string;
}

const width = 720;
const left = 190;
const right = 90;
const row = 22;
const top = 40;

export function barChart(title: string, note: string, bars: readonly Bar[]): string {
  const most = Math.max(...bars.map(({ spread }) => spread.most));
  const x = (value: number) => Math.round((left + value / most * (width - left - right)) * 10) / 10;
  const lines = bars.flatMap(({ name, spread: { median, least, most }, text }, index) => {
    const y = top + index * row;
    const middle = y + row / 2 - 2;
    const own = name.startsWith("denicorn") ? "own" : "other";
    return [
      `<text x="${left - 8}" y="${y + 13}" text-anchor="end">${escaped(name)}</text>`,
      `<rect class="${own}" x="${left}" y="${y}" width="${round(x(median) - left)}" height="${row - 5}"/>`,
      `<path class="range" d="M${x(least)} ${middle}H${x(most)}"/>`,
      `<text x="${x(most) + 6}" y="${y + 13}">${escaped(text)}</text>`,
    ];
  });
  const height = top + bars.length * row + 6;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    "<style>",
    "text{font:12px sans-serif;fill:#57606a}",
    ".own{fill:#54aeff}",
    ".other{fill:#afb8c1}",
    ".range{stroke:#57606a;stroke-width:1.5}",
    "@media(prefers-color-scheme:dark){text{fill:#9198a1}.other{fill:#6e7681}.range{stroke:#f0f6fc}}",
    "</style>",
    `<text x="8" y="14">${escaped(title)}</text>`,
    `<text x="8" y="29">${escaped(note)}</text>`,
    ...lines,
    "</svg>",
    "",
  ].join("\n");
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
