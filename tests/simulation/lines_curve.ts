/** Draws the 99th percentile against the load, for each way to choose a worker, as a self-contained SVG. */

import { durations } from "./lines.ts";

export const linesPath = "docs/scaling/lines.svg";

const [workers, work] = [4, 8];
const loads = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9] as const;
const size = { width: 720, height: 280, left: 54, right: 150, top: 40, bottom: 34 } as const;
const plot = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const;
const most = 200;

const ways = [
  { name: "random", color: "#cf222e", choose: "at random" },
  { name: "idle first", color: "#1a7f37", choose: { looks: 1 } },
  { name: "one queue", color: "#0969da", choose: "one queue" },
] as const;

/** The 99th percentile in milliseconds, with a load from 0 to 1. */
function p99(load: number, choose: (typeof ways)[number]["choose"]): number {
  const all = durations({ workers, perSecond: load * workers * 1000 / work, work, requests: 40_000, choose });
  return all[Math.floor(all.length * 0.99)]!;
}

export function drawLines(): string {
  const title = `p99 against load: ${workers} workers, each request computes ${work} ms`;
  const x = (load: number) => round(size.left + plot.width * load);
  const y = (ms: number) => round(size.top + plot.height * (1 - ms / most));
  const curves = ways.map(({ name, color, choose }, index) => {
    const points = loads.map((load) => `${x(load)} ${y(p99(load, choose))}`);
    return `<path style="fill:none;stroke:${color};stroke-width:2" d="M${points.join("L")}"/>
<text x="${size.width - size.right + 34}" y="${size.top + 20 * (index + 1)}">${name}</text>
<path style="stroke:${color};stroke-width:2" d="M${size.width - size.right + 8} ${
      size.top + 20 * (index + 1) - 4
    }h20"/>`;
  });
  const across = [0, 0.2, 0.4, 0.6, 0.8, 1].map((load) =>
    `<text x="${x(load)}" y="${size.height - 12}" text-anchor="middle">${Math.round(load * 100)} %</text>`
  );
  const up = [0, 50, 100, 150, 200].map((ms) =>
    `<text x="${size.left - 6}" y="${y(ms) + 4}" text-anchor="end">${ms} ms</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img">
<title>${title}</title>
<style>
text{font:12px sans-serif;fill:#57606a}
.axis{fill:none;stroke:#8c959f;stroke-width:1}
@media(prefers-color-scheme:dark){text{fill:#9198a1}}
</style>
<text x="${size.left}" y="20">${title}</text>
<path class="axis" d="M${size.left} ${size.top}V${y(0)}H${size.left + plot.width}"/>
${[...curves, ...across, ...up].join("\n")}
</svg>
`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
