import { linePath, topOf } from "../chart.ts";
import { countText, latencyText } from "../display_text.ts";
import { chartSpan, type Sample } from "../samples.ts";
import { drawing, element, type PageElement } from "./dom.ts";

export interface Chart<One> {
  readonly title: string;
  /** The smallest value for the upper edge. */
  readonly least: number;
  readonly show: (value: number | null) => string;
  readonly lines: Readonly<Record<string, (sample: One) => number | null>>;
}

/** Those about requests. */
export const loadCharts: readonly Chart<Sample>[] = [
  { title: "Requests/s", least: 1, show: countText, lines: { "": ({ rate }) => rate } },
  {
    title: "Latency",
    least: 0.1,
    show: latencyText,
    lines: { p50: ({ p50 }) => p50, p90: ({ p90 }) => p90, p99: ({ p99 }) => p99 },
  },
  { title: "In flight", least: 1, show: countText, lines: { "": ({ inFlight }) => inFlight } },
  { title: "Backlog", least: 1, show: countText, lines: { "": ({ backlog }) => backlog } },
  {
    title: "Workers",
    least: 1,
    show: countText,
    lines: { ready: ({ ready }) => ready, target: ({ target }) => target },
  },
];

const size = { width: 300, height: 80 };
const colors = ["a", "b", "c"];

/** Puts the charts into `place`; the returned function redraws them. */
export function makeCharts<One extends { readonly at: number }>(
  place: PageElement,
  charts: readonly Chart<One>[],
): (samples: readonly One[]) => void {
  const draws = charts.map((chart) => makeChart(place, chart));
  return (samples) => {
    for (const draw of draws) draw(samples);
  };
}

function makeChart<One extends { readonly at: number }>(
  place: PageElement,
  { title, least, show, lines }: Chart<One>,
): (samples: readonly One[]) => void {
  const top = element("span", "");
  const svg = drawing("svg", {
    viewBox: `0 -2 ${size.width} ${size.height + 4}`,
    preserveAspectRatio: "none",
    role: "img",
  });
  const keys = element("span", "keys");
  const drawn = Object.entries(lines).map(([name, pick], place) => {
    const color = colors[place] ?? "a";
    const path = drawing("path", { class: color });
    const key = element("span", color);
    svg.append(path);
    keys.append(key);
    return { name, pick, path, key };
  });
  const span = element("span", "", `${chartSpan / 60_000} min`);
  place.append(
    element("div", "card", element("h3", "", title, keys), svg, element("div", "axis", top, span)),
  );

  return (samples) => {
    const newest = samples.at(-1);
    if (newest === undefined) return;
    const greatest = topOf(drawn.flatMap(({ pick }) => samples.map(pick)), least);
    const frame = { ...size, until: newest.at, span: chartSpan, top: greatest };
    for (const { name, pick, path, key } of drawn) {
      path.setAttribute(
        "d",
        linePath(samples.map((sample) => ({ at: sample.at, value: pick(sample) })), frame),
      );
      key.textContent = `${name} ${show(pick(newest))}`.trim();
    }
    top.textContent = `↑ ${show(greatest)}`;
    svg.setAttribute("aria-label", `${title}: ${drawn.map(({ key }) => key.textContent).join(", ")}`);
  };
}
