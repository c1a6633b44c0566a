import { accessFormat } from "../kinds/line_format.ts";
import { share } from "../kinds/share.ts";
import { choice, logPlace, skippedPath } from "../kinds/text.ts";
import { many, one, onOrOff, optional } from "../setting.ts";

export const logSettings = {
  logLevel: one(choice("LEVEL", ["debug", "info", "warning", "error"]), {
    description: "The least severe messages to log: debug, info, warning or error.",
    default: "info",
    reload: true,
  }),
  logFormat: one(choice("FORMAT", ["text", "json"]), {
    description:
      "Format of both logs: text for people, json for machines. access-logformat has another for one of them.",
    default: "text",
    reload: true,
  }),
  errorLogfile: one(logPlace, {
    description:
      "File for the messages of the server; - means stderr. A FIFO, /dev/stdout or syslog:/dev/log works as well.",
    default: "-",
    reload: true,
  }),
  accessLogfile: optional(logPlace, {
    description:
      "File for one line per request; - means stdout. A FIFO, /dev/stderr or syslog:/dev/log works as well.",
    unset: "off",
    reload: true,
  }),
  accessLogformat: optional(accessFormat, {
    description:
      "What a line of the access log has: common or combined, as other servers write them, json, or a text with atoms such as " +
      "%(h)s and %({referer}i)s. If not set: json with log-format json, else combined.",
    unset: "by log-format",
    reload: true,
  }),
  accessLogSample: one(share, {
    description:
      "Share of the requests that have a line in the access log, chosen at random. Those that went wrong always have one: " +
      "with a status from 499 on, or a response that failed.",
    default: 100,
    reload: true,
  }),
  accessLogSkip: many(skippedPath, {
    description:
      "Path whose requests have no line in the access log, such as /healthz, or /internal/* for all that begin so. May be " +
      "repeated.",
    default: [],
    reload: true,
  }),
  captureOutput: onOrOff({
    description:
      "Whether what the app prints becomes lines of the error log, with its worker and a level, instead of going to stdout " +
      "and stderr: what console, Deno.stdout and process.stdout print, not Web Workers and other processes.",
    unset: "off",
    reload: true,
  }),
};
