import type { Surge } from "../../core/pool/plan.ts";
import type { Kind } from "../kind.ts";
import { wholeNumber } from "./number.ts";

const workers = wholeNumber({ from: 1, to: 1024 });
const percent = wholeNumber({ from: 1, to: 100 });

/** A number of workers, or a percentage of all. */
export const surge: Kind<Surge, number | `${number}` | `${number}%`> = {
  accepts: `${workers.accepts}, or a percentage up to 100%`,
  placeholder: "N|N%",
  parse(given, machine) {
    if (typeof given === "string" && given.endsWith("%")) {
      const value = percent.parse(given.slice(0, -1), machine);
      return value === undefined ? undefined : { percent: value };
    }
    const value = workers.parse(given, machine);
    return value === undefined ? undefined : { workers: value };
  },
  show: (value) => "workers" in value ? String(value.workers) : `${value.percent}%`,
  plain: (value) => "workers" in value ? value.workers : `${value.percent}%`,
};
