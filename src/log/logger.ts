/** The error log: LogTape records with one identity, written to a sink that can be reopened. */

import { configureSync, getLogger, type Logger } from "@logtape/logtape";
import { type DenicornError, toDenicornError } from "../core/errors.ts";
import type { Settings } from "../settings/settings.ts";
import type { Identity as Account, System } from "../system/system.ts";
import { syslogHead, syslogPlace } from "../core/syslog.ts";
import { type Formatter, jsonFormatter, textFormatter, withHeads } from "./formatter.ts";
import { LogFile } from "./log_file.ts";
import { reportDroppedLines } from "./stream_queue.ts";

export type { Logger };

/** The settings that say what is logged, how and where. */
export type LogConfig = Pick<Settings, "logLevel" | "logFormat" | "errorLogfile" | "accessLogfile">;

type ErrorLogConfig = Omit<LogConfig, "accessLogfile">;

/** The process that logs; every line names it. */
export type Identity =
  | { readonly pid: number }
  /** Prepares the app of a generation. */
  | { readonly gen: number; readonly pid: number }
  | {
    readonly worker?: number;
    /** In place of `worker`, for one that runs tasks. */
    readonly taskWorker?: number;
    readonly gen: number;
    readonly pid: number;
  };

export interface Log {
  /** Adds the identity of this process to each record. */
  readonly logger: Logger;
  /** Whether the lines go to stderr. */
  readonly isOnStderr: boolean;
  /** Reopens the file, after a USR1. If that fails, the old one stays in use; the error is logged there and returned. */
  reopen(): DenicornError | null;
  /** Switches level, format and file, after a reload. If that fails, as for `reopen`. */
  reconfigure(config: ErrorLogConfig): void;
}

/** `account` is what workers run as. Throws DenicornError `log-unwritable`. */
export function openLog(
  system: System,
  config: ErrorLogConfig,
  identity: Identity,
  account: Account = {},
): Log {
  const tree = new LoggerTree();
  let file = tree.use(() => configure(system, config, account));
  const logger = tree.use(() => getLogger("denicorn")).with({ ...identity });
  reportDroppedLines(system, (lines, reader) => {
    const count = lines === 1 ? "1 line" : `${lines} lines`;
    logger.warning`dropped ${count} of log: the reader of ${reader} does not keep up`;
  });
  return {
    logger,
    get isOnStderr() {
      return file.stream === "stderr";
    },
    reopen: () => orReport(logger, () => file.reopen()),
    reconfigure(next) {
      orReport(logger, () => {
        const before = file;
        file = tree.use(() => configure(system, next, account));
        before.close();
      });
    },
  };
}

/**
 * LogTape keeps one tree of loggers per process, which several copies of LogTape share. An app may bring its own
 * copy, and each must configure and reset only its own loggers: so our tree is in place only while we use it.
 */
class LoggerTree {
  static readonly #root = Symbol.for("logtape.rootLogger");
  #ours: unknown;

  use<T>(work: () => T): T {
    const theirs = Reflect.get(globalThis, LoggerTree.#root);
    Reflect.set(globalThis, LoggerTree.#root, this.#ours);
    try {
      return work();
    } finally {
      this.#ours = Reflect.get(globalThis, LoggerTree.#root);
      Reflect.set(globalThis, LoggerTree.#root, theirs);
    }
  }
}

/** A running server must survive a log file that cannot be opened: it logs the failure where it logged before. */
function orReport(logger: Logger, attempt: () => void): DenicornError | null {
  try {
    attempt();
    return null;
  } catch (error) {
    const failure = toDenicornError(error);
    logger.error`${failure.message}`;
    return failure;
  }
}

function configure(system: System, config: ErrorLogConfig, account: Account): LogFile {
  const options = { setting: "error-logfile", path: config.errorLogfile, stream: "stderr", account } as const;
  const file = new LogFile(system, options);
  const format = formatter(system, config, file);
  configureSync({
    reset: true,
    sinks: { file: (record) => file.write(format(record)) },
    loggers: [
      { category: "denicorn", lowestLevel: config.logLevel, sinks: ["file"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["file"] },
    ],
  });
  return file;
}

function formatter(system: System, config: ErrorLogConfig, file: LogFile): Formatter {
  const { host } = system;
  const place = syslogPlace(config.errorLogfile);
  if (place !== null) {
    const head = syslogHead(place, { host: host.hostName(), pid: host.pid, log: "error" });
    return withHeads(config.logFormat === "json" ? jsonFormatter : textFormatter(false, false), head);
  }
  // As sd-daemon(3) has it; the time is that of the journal.
  if (file.stream !== undefined && host.isJournal(file.stream)) {
    const format = config.logFormat === "json" ? jsonFormatter : textFormatter(false, false);
    return withHeads(format, (severity) => `<${severity}>`);
  }
  if (config.logFormat === "json") return jsonFormatter;
  // https://no-color.org: set and not empty means no colour.
  return textFormatter(file.stream !== undefined && host.isTerminal(file.stream) && !host.env("NO_COLOR"));
}
