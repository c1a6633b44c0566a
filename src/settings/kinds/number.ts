import type { Kind, Machine } from "../kind.ts";

interface Bounds {
  readonly from: number;
  readonly to: number;
}

type WholeNumberConfig = number | `${number}`;

/** A whole number in decimal digits. */
export function wholeNumber(bounds: Bounds): Kind<number, WholeNumberConfig> {
  return {
    accepts: `a whole number from ${bounds.from} to ${bounds.to}`,
    placeholder: "N",
    parse: (given) => parseWhole(given, bounds),
    show: String,
    plain: (value) => value,
  };
}

/** A whole number, or `auto` for as many as this process may use cores. */
export function wholeNumberOrCores(bounds: Bounds): Kind<number, WholeNumberConfig | "auto"> {
  const { accepts, ...kind } = wholeNumber(bounds);
  return {
    ...kind,
    accepts: `${accepts}, or auto`,
    placeholder: "N|auto",
    completion: ["auto"],
    parse: (given, { cores }: Machine) =>
      given === "auto" ? Math.min(Math.max(cores, bounds.from), bounds.to) : parseWhole(given, bounds),
  };
}

/** A whole number of hundredths; the sign may be left out. */
export function percentage(bounds: Bounds): Kind<number, WholeNumberConfig | `${number}%`> {
  return {
    accepts: `a percentage from ${bounds.from} to ${bounds.to}, such as 70 or 70%`,
    placeholder: "PERCENT",
    parse: (given) => parseWhole(typeof given === "string" ? given.replace(/%$/, "") : given, bounds),
    show: (value) => `${value}%`,
    plain: (value) => value,
  };
}

/**
 * File mode bits in octal. Text only: the number 22 in a JSON file could mean 22 or 0o22, and the difference
 * decides who may read a file.
 */
export const modeBits: Kind<number, string> = {
  accepts: "octal digits from 0 to 777, such as 022, in a config file as text",
  placeholder: "MODE",
  parse: (given) =>
    typeof given === "string" && /^(0o)?[0-7]{1,4}$/.test(given)
      ? parseWhole(Number.parseInt(given.replace("0o", ""), 8), { from: 0, to: 0o777 })
      : undefined,
  show: (value) => value.toString(8).padStart(3, "0"),
  plain: (value) => modeBits.show(value),
};

function parseWhole(given: string | number, { from, to }: Bounds): number | undefined {
  // Number() alone would take "", "0x10", "1e3" and " 4 " for numbers.
  if (typeof given === "string" && !/^\d{1,16}$/.test(given)) return undefined;
  const value = Number(given);
  return Number.isInteger(value) && value >= from && value <= to ? value : undefined;
}
