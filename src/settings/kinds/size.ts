import type { Kind } from "./kind.ts";

const units = { "": 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const;
type Unit = keyof typeof units;

interface SizeOptions {
  /** Bytes. */
  readonly from: number;
  readonly to: number;
  /** The meaning of 0, if it is allowed in addition to the range: "to turn it off". */
  readonly zero?: string;
}

type SizeConfig = number | `${number}${Unit}`;
const sizeType = `number | ${Object.keys(units).map((unit) => `\`\${number}${unit}\``).join(" | ")}`;

/** A number of bytes: `4096`, `512K`, `512M` or `512MB`, `1.5G`; each unit is 1024 times the one before. */
export function size({ from, to, zero }: SizeOptions): Kind<number, SizeConfig> {
  const range = `a size from ${showSize(from)} to ${showSize(to)}, such as 512M or 1G`;
  return {
    accepts: zero === undefined ? range : `${range}, or 0 ${zero}`,
    type: sizeType,
    placeholder: "SIZE",
    parse(given) {
      const value = parseSize(String(given));
      if (value === undefined) return undefined;
      return (value >= from && value <= to) || (value === 0 && zero !== undefined) ? value : undefined;
    },
    show: showSize,
    plain: (value) => value,
  };
}

/** A size, or `auto` for what Denicorn finds to be the best. */
export function sizeOrAuto(options: SizeOptions): Kind<number | "auto", SizeConfig | "auto"> {
  const { accepts, parse, show, plain } = size(options);
  return {
    accepts: `${accepts}, or auto`,
    type: `${sizeType} | "auto"`,
    placeholder: "SIZE|auto",
    completion: ["auto"],
    parse: (given, machine) => given === "auto" ? "auto" : parse(given, machine),
    show: (value) => value === "auto" ? value : show(value),
    plain: (value) => value === "auto" ? value : plain(value),
  };
}

/** Bytes, or `undefined` when `text` is not a size or not a whole number of bytes. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit = ""] = /^(\d{1,16}(?:\.\d{1,9})?)(?:([KMGT])B?)?$/i.exec(text) ?? [];
  if (amount === undefined) return undefined;
  const value = Number(amount) * units[unit.toUpperCase() as Unit];
  return Number.isSafeInteger(value) ? value : undefined;
}

/** In the largest unit that gives a whole number. */
export function showSize(bytes: number): string {
  const unit = (["T", "G", "M", "K"] as const).find((unit) =>
    bytes >= units[unit] && bytes % units[unit] === 0
  );
  return unit === undefined ? String(bytes) : `${bytes / units[unit]}${unit}`;
}
