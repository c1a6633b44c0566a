import type { Kind } from "./kind.ts";

/** A share in percent, which may have a fraction; the `%` may be left out. */
export const share: Kind<number, number | `${number}` | `${number}%`> = {
  accepts: "a percentage from 0 to 100, such as 1% or 0.1%",
  type: "number | `${number}` | `${number}%`",
  placeholder: "PERCENT",
  parse(given) {
    const [, digits] = /^(\d{1,3}(?:\.\d{1,6})?)%?$/.exec(String(given)) ?? [];
    return digits === undefined || Number(digits) > 100 ? undefined : Number(digits);
  },
  show: (value) => `${value}%`,
  plain: (value) => value,
};
