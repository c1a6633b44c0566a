/**
 * The formats of a log record: a line of text, or a JSON object. What apps, workers and clients say is in the records,
 * so here is the place where it is made harmless: no text begins a line of the log, or controls a terminal.
 */

import type { LogLevel, LogRecord } from "@logtape/logtape";
import { severities } from "../core/syslog.ts";
import { printable, printableJson, printableLines } from "../core/printable.ts";

export type Formatter = (record: LogRecord) => string;

/**
 * The properties of a record that name its process: `master pid=41`, `worker=3 gen=2 pid=42`, with ` thread=1` where it is
 * one of its process, `task-worker=0 gen=2 pid=44` or `prepare gen=2 pid=43`.
 */
interface Identity {
  readonly worker?: unknown;
  readonly taskWorker?: unknown;
  readonly gen?: unknown;
  readonly pid?: unknown;
  readonly thread?: unknown;
}

const colours: Readonly<Record<LogLevel, string>> = {
  trace: "\x1b[2m",
  debug: "\x1b[2m",
  info: "\x1b[32m",
  warning: "\x1b[33m",
  error: "\x1b[31m",
  fatal: "\x1b[1;31m",
};
const dim = "\x1b[2m";
const plain = "\x1b[0m";

/** `detail` (a stack, a code frame) follows on its own lines, indented: a record never begins with a space. */
export function textFormatter(colour: boolean, isDated = true): Formatter {
  const paint = (style: string, text: string) => colour ? style + text + plain : text;
  return (record) => {
    const time = paint(dim, new Date(record.timestamp).toISOString());
    const level = paint(colours[record.level], record.level.padEnd(7));
    const identity = paint(dim, identityText(record.properties));
    const detail = record.properties.detail;
    const below = typeof detail === "string" ? printableLines(detail).map((line) => `    ${line}`) : [];
    const start = isDated ? `${time} ${level} ` : "";
    return [`${start}${identity}  ${printable(messageOf(record))}`, ...below].join("\n") + "\n";
  };
}

export const jsonFormatter: Formatter = (record) =>
  printableJson(JSON.stringify({
    time: new Date(record.timestamp).toISOString(),
    level: record.level,
    ...record.properties,
    message: messageOf(record),
  })) + "\n";

/** Each line of `format` begins with what `head` says: readers of lines take a level or an address from there. */
export function withHeads(
  format: Formatter,
  head: (severity: number, time: string) => string,
): Formatter {
  return (record) => {
    const start = head(severities[record.level], new Date(record.timestamp).toISOString());
    return format(record).replace(/^(?=.)/gm, () => start);
  };
}

function identityText({ worker, taskWorker, gen, pid, thread }: Identity): string {
  if (gen === undefined) return `master pid=${pid}`;
  const process = worker !== undefined
    ? `worker=${worker}`
    : taskWorker !== undefined
    ? `task-worker=${taskWorker}`
    : "prepare";
  return `${process} gen=${gen} pid=${pid}${thread === undefined ? "" : ` thread=${thread}`}`;
}

/** The template with its values, without quotes around them. */
function messageOf(record: LogRecord): string {
  return record.message.map((part) => typeof part === "string" ? part : String(part)).join("");
}
