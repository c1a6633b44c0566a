import { choice, file } from "../kinds/text.ts";
import { one, optional } from "../setting.ts";

export const logSettings = {
  logLevel: one(choice("LEVEL", ["debug", "info", "warning", "error"]), {
    description: "The least severe messages to log: debug, info, warning or error.",
    default: "info",
    reload: true,
  }),
  logFormat: one(choice("FORMAT", ["text", "json"]), {
    description: "Format of both logs: text for people, json for machines.",
    default: "text",
    reload: true,
  }),
  errorLogfile: one(file, {
    description: "File for the messages of the server; - means stderr. A FIFO or /dev/stdout works as well.",
    default: "-",
    reload: true,
  }),
  accessLogfile: optional(file, {
    description: "File for one line per request; - means stdout. A FIFO or /dev/stderr works as well.",
    unset: "off",
    reload: true,
  }),
};
