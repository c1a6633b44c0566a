import type { LifecycleEvent } from "../../../core/telemetry/lifecycle.ts";
import { linePath, marks, marksPath, nearest, topOf } from "../chart.ts";
import { clockText, countText, latencyText } from "../display_text.ts";
import type { Sample } from "../samples.ts";
import { drawing, element, type PageElement, type PageEvent, write } from "./dom.ts";

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
  {
    title: "Errors/s",
    least: 1,
    show: countText,
    lines: {
      "4xx": ({ clientErrors }) => clientErrors,
      "5xx": ({ serverErrors }) => serverErrors,
      "cut off": ({ cutOff }) => cutOff,
    },
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

/** Draws the last `span` milliseconds. */
type Draw<One> = (samples: readonly One[], span: number, events?: readonly LifecycleEvent[]) => void;

/** A time that the reader points at; all charts beside each other show its values. */
interface Pointer {
  at: number | null;
  redraw(): void;
}

/** Puts charts into `place`; the returned function redraws them. */
export function makeCharts<One extends { readonly at: number }>(
  place: PageElement,
  charts: readonly Chart<One>[],
): Draw<One> {
  let shown: Parameters<Draw<One>> = [[], 1];
  const redraw = () => draws.forEach((draw) => draw(...shown));
  const pointer: Pointer = { at: null, redraw };
  const draws = charts.map((chart) => makeChart(place, chart, pointer));
  return (...drawn) => {
    shown = drawn;
    redraw();
  };
}

function makeChart<One extends { readonly at: number }>(
  place: PageElement,
  { title, least, show, lines }: Chart<One>,
  pointer: Pointer,
): Draw<One> {
  const svg = drawing("svg", {
    viewBox: `0 -2 ${size.width} ${size.height + 4}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  const keys = element("span", "keys");
  const marked = Object.entries(marks).map(([name, kinds]) => {
    const path = drawing("path", { class: `mark ${name}` });
    svg.append(path);
    return { kinds, path };
  });
  const drawn = Object.entries(lines).map(([name, pick], place) => {
    const color = colors[place] ?? "a";
    const path = drawing("path", { class: color });
    const key = element("span", color);
    svg.append(path);
    keys.append(key);
    return { name, pick, path, key };
  });
  const line = drawing("path", { class: "pointer" });
  svg.append(line);
  const plot = element("div", "plot", svg);
  const top = element("span", "top");
  const begin = element("span", "");
  const time = element("span", "", "now");
  place.append(
    element(
      "div",
      "card",
      element("h3", "", title, keys),
      element("div", "area", plot, top, element("span", "zero", "0")),
      element("div", "axis", begin, time),
    ),
  );
  let until = 0;
  let shownSpan = 1;
  connectPointer(plot, title, pointer, () => ({ until, span: shownSpan }));

  return (all, span, events = []) => {
    const newest = all.at(-1);
    if (newest === undefined) return;
    until = newest.at;
    shownSpan = span;
    write(begin, `−${span / 60_000} min`);
    plot.setAttribute("aria-valuemin", String(-span / 1000));
    const samples = all.filter(({ at }) => at >= until - span);
    const greatest = topOf(drawn.flatMap(({ pick }) => samples.map(pick)), least);
    const frame = { ...size, until, span, top: greatest };
    const chosen = (pointer.at === null ? null : nearest(samples, pointer.at)) ?? newest;
    for (const { name, pick, path, key } of drawn) {
      path.setAttribute(
        "d",
        linePath(samples.map((sample) => ({ at: sample.at, value: pick(sample) })), frame),
      );
      write(key, `${name} ${show(pick(chosen))}`.trim());
    }
    for (const { kinds, path } of marked) path.setAttribute("d", marksPath(events, kinds, frame));
    const x = size.width * (1 - (until - chosen.at) / span);
    line.setAttribute("d", pointer.at === null ? "" : `M${x} 0v${size.height}`);
    write(top, show(greatest));
    const clock = clockText(chosen.at, new Date(chosen.at).getTimezoneOffset());
    write(time, pointer.at === null ? "now" : clock);
    const values = drawn.map(({ key }) => key.textContent).join(", ");
    plot.setAttribute("aria-valuenow", String(Math.round((chosen.at - until) / 1000)));
    // Each second a new value would be read out.
    plot.setAttribute("aria-valuetext", pointer.at === null ? "now" : `${clock}: ${values}`);
  };
}

/** Steps with a key, in milliseconds. */
const step = 10_000;

function connectPointer(
  plot: PageElement,
  title: string,
  pointer: Pointer,
  frame: () => { readonly until: number; readonly span: number },
): void {
  plot.setAttribute("tabindex", "0");
  plot.setAttribute("role", "slider");
  plot.setAttribute("aria-label", `${title}: seconds before now`);
  plot.setAttribute("aria-valuemax", "0");
  plot.setAttribute("aria-valuenow", "0");
  const point = (at: number | null) => {
    const { until, span } = frame();
    pointer.at = at === null || at > until ? null : Math.max(at, until - span);
    pointer.redraw();
  };
  const follow = ({ clientX }: PageEvent) => {
    const { left, width } = plot.getBoundingClientRect();
    const { until, span } = frame();
    point(until - span * (1 - (clientX - left) / width));
  };
  plot.addEventListener("pointermove", follow);
  plot.addEventListener("pointerdown", follow);
  plot.addEventListener("pointerleave", () => point(null));
  plot.addEventListener("blur", () => point(null));
  plot.addEventListener("keydown", (event) => {
    const { until, span } = frame();
    const at = pointer.at ?? until;
    const next: Readonly<Record<string, number | null>> = {
      ...{ ArrowLeft: at - step, ArrowRight: at + step, PageUp: at - 6 * step, PageDown: at + 6 * step },
      ...{ Home: until - span, End: null, Escape: null },
    };
    const target = next[event.key];
    if (target === undefined) return;
    event.preventDefault();
    point(target);
  });
}
