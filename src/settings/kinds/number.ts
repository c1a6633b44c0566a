import type { Surge } from "../../core/pool/plan.ts";
import type { Kind, Machine } from "./kind.ts";

interface Bounds {
  readonly from: number;
  readonly to: number;
}

type WholeNumberConfig = number | `${number}`;
const wholeNumberType = "number | `${number}`";

/** A whole number in decimal digits. */
export function wholeNumber(bounds: Bounds): Kind<number, WholeNumberConfig> {
  return {
    accepts: `a whole number from ${bounds.from} to ${bounds.to}`,
    type: wholeNumberType,
    placeholder: "N",
    parse: (given) => parseWhole(given, bounds),
    show: String,
    plain: (value) => value,
  };
}

/** A whole number, or `auto` for the number of cores this process may use. */
export function wholeNumberOrCores(bounds: Bounds): Kind<number, WholeNumberConfig | "auto"> {
  const { accepts, ...kind } = wholeNumber(bounds);
  return {
    ...kind,
    accepts: `${accepts}, or auto`,
    type: `${wholeNumberType} | "auto"`,
    placeholder: "N|auto",
    completion: ["auto"],
    parse: (given, { cores }: Machine) =>
      given === "auto" ? Math.min(Math.max(cores, bounds.from), bounds.to) : parseWhole(given, bounds),
    // What PM2 calls it.
    objection: (given) => given === "max" ? "give auto for one on each core" : undefined,
  };
}

const percentageType = "number | `${number}` | `${number}%`";

/** A whole percentage; the `%` may be left out. */
export function percentage(bounds: Bounds): Kind<number, WholeNumberConfig | `${number}%`> {
  return {
    accepts: `a percentage from ${bounds.from} to ${bounds.to}, such as 70 or 70%`,
    type: percentageType,
    placeholder: "PERCENT",
    parse: (given) => parseWhole(typeof given === "string" ? given.replace(/%$/, "") : given, bounds),
    show: (value) => `${value}%`,
    plain: (value) => value,
  };
}

/** How many workers a server may have. */
export const workerBounds = { from: 1, to: 1024 } as const;

/** How many threads a worker process may have. */
export const threadBounds = { from: 1, to: 64 } as const;

/** How many task workers a server may have. */
export const taskWorkerBounds = { from: 0, to: 256 } as const;

const workers = wholeNumber(workerBounds);
const percent = wholeNumber({ from: 1, to: 100 });

/** A number of workers, or a percentage of all workers. */
export const surge: Kind<Surge, number | `${number}` | `${number}%`> = {
  accepts: `${workers.accepts}, or a percentage up to 100%`,
  type: percentageType,
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

/**
 * File mode bits in octal. Text only: the number 22 in a JSON file could mean 22 or 0o22, which decides who can read a
 * file.
 */
export const modeBits: Kind<number, string> = {
  accepts: "octal digits from 0 to 777, such as 022, in a config file as text",
  type: "string",
  placeholder: "MODE",
  parse: (given) =>
    typeof given === "string" && /^(0o)?[0-7]{1,4}$/.test(given)
      ? parseWhole(Number.parseInt(given.replace("0o", ""), 8), { from: 0, to: 0o777 })
      : undefined,
  show: (value) => value.toString(8).padStart(3, "0"),
  plain: (value) => modeBits.show(value),
};

function parseWhole(given: string | number, { from, to }: Bounds): number | undefined {
  // Number() would also accept "", "0x10", "1e3" and " 4 ".
  if (typeof given === "string" && !/^\d{1,16}$/.test(given)) return undefined;
  const value = Number(given);
  return Number.isInteger(value) && value >= from && value <= to ? value : undefined;
}
