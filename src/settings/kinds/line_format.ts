import { accessFormat as read, jsonName, namedFormats, objectionTo } from "../../core/access_format.ts";
import type { Kind } from "./kind.ts";

const names = [...Object.keys(namedFormats), jsonName];

/** The name of a format of the access log, or a text with atoms. */
export const accessFormat: Kind<string, string> = {
  accepts: `${names.join(", ")}, or a text with atoms such as %(h)s`,
  type: "string",
  placeholder: "FORMAT",
  completion: names,
  parse: (given) => typeof given === "string" && read(given) !== null ? given : undefined,
  objection: (given) => objectionTo(String(given)) ?? undefined,
  show: (value) => value,
  plain: (value) => value,
};
