import { drawCurve } from "./curve.ts";
import { drawLines, linesPath } from "./lines_curve.ts";
import { scenarios } from "./scenarios.ts";
import { simulate } from "./simulate.ts";

/** The curves in docs/, by path. */
export const curves: Readonly<Record<string, () => string>> = {
  ...Object.fromEntries(
    Object.entries(scenarios).map(([name, scenario]) => {
      const file = name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
      return [`docs/autoscale/${file}.svg`, () => drawCurve(scenario.title, simulate(scenario))];
    }),
  ),
  [linesPath]: drawLines,
};
