import { choice, file } from "../kinds/text.ts";
import { one, optional } from "../setting.ts";

export const logSettings = {
  logLevel: one(choice("LEVEL", ["debug", "info", "warning", "error"]), {
    description: "The least severe messages to log: debug, info, warning or error.",
    default: "info",
    reload: true,
  }),
  logFormat: one(choice("FORMAT", ["text", "json"]), {
    description: "How both logs are written: text for people, json for machines.",
    default: "text",
    reload: true,
  }),
  errorLogfile: one(file, {
    description: "File for messages of the server; - is stderr.",
    default: "-",
    reload: true,
  }),
  accessLogfile: optional(file, {
    description: "File for one line per request; - is stdout.",
    unset: "off",
    reload: true,
  }),
};
