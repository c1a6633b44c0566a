/** Draws a scenario as a self-contained SVG: requests in flight as an area, workers as lines. */

import type { Tick } from "./simulate.ts";

const size = { width: 720, height: 240, left: 44, right: 44, top: 34, bottom: 28 } as const;
const plot = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const;

/** Enough to look smooth; a file with every tick would be ten times as large. */
const maxPoints = 240;

/** The load is averaged if there are more ticks than points; the workers are drawn tick by tick. */
export function drawCurve(title: string, ticks: readonly Tick[]): string {
  const end = ticks.at(-1)!.at;
  const load = thin(ticks);
  const mostLoad = niceCeiling(Math.max(...load.map(({ value }) => value)));
  const mostWorkers = niceCeiling(Math.max(...ticks.map(({ target }) => target)));
  const x = (at: number) => fixed(size.left + plot.width * at / end);
  const y = (value: number, most: number) => fixed(size.top + plot.height * (1 - value / most));
  const base = fixed(size.top + plot.height);
  const area = load.map(({ at, value }) => `L${x(at)} ${y(value, mostLoad)}`).join("");
  const steps = (read: (tick: Tick) => number) => {
    let path = `M${x(0)} ${y(read(ticks[0]!), mostWorkers)}`;
    ticks.forEach((tick, index) => {
      if (index > 0 && read(tick) !== read(ticks[index - 1]!)) {
        path += `H${x(tick.at)}V${y(read(tick), mostWorkers)}`;
      }
    });
    return `${path}H${x(end)}`;
  };
  const seconds = Math.round(end / 1000);
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) =>
    `<text x="${x(end * share)}" y="${size.height - 10}" text-anchor="middle">${
      Math.round(seconds * share)
    } s</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img">
<title>${title}</title>
<style>
text{font:12px sans-serif;fill:#57606a}
.load{fill:#54aeff;fill-opacity:.35}
.target{fill:none;stroke:#cf222e;stroke-width:1;stroke-dasharray:4 3}
.ready{fill:none;stroke:#1a7f37;stroke-width:2}
.axis{stroke:#8c959f;stroke-width:1}
@media(prefers-color-scheme:dark){text{fill:#9198a1}.target{stroke:#ff7b72}.ready{stroke:#56d364}}
</style>
<text x="${size.left}" y="14">${title}</text>
<text x="${size.left}" y="28">area: requests in flight (left); solid: workers ready, dashed: target (right)</text>
<path class="load" d="M${x(0)} ${base}${area}L${x(end)} ${base}Z"/>
<path class="target" d="${steps(({ target }) => target)}"/>
<path class="ready" d="${steps(({ ready }) => ready)}"/>
<path class="axis" d="M${size.left} ${base}H${size.width - size.right}"/>
<text x="${size.left - 6}" y="${size.top + 10}" text-anchor="end">${mostLoad}</text>
<text x="${size.left - 6}" y="${base}" text-anchor="end">0</text>
<text x="${size.width - size.right + 6}" y="${size.top + 10}">${mostWorkers}</text>
<text x="${size.width - size.right + 6}" y="${base}">0</text>
${marks.join("\n")}
</svg>
`;
}

function thin(ticks: readonly Tick[]): { at: number; value: number }[] {
  const each = Math.ceil(ticks.length / maxPoints);
  return Array.from({ length: Math.ceil(ticks.length / each) }, (_, index) => {
    const some = ticks.slice(index * each, (index + 1) * each);
    return { at: some[0]!.at, value: some.reduce((sum, { inFlight }) => sum + inFlight, 0) / some.length };
  });
}

/** Rounds up to 1, 2, 4, 5 or 8 times a power of ten. */
function niceCeiling(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return power * [1, 2, 4, 5, 8, 10].find((factor) => factor * power >= value)!;
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
