/** The error log: LogTape records with one identity, written to a sink that can be reopened. */

import { compareLogLevel, configureSync, getLogger, type Logger } from "@logtape/logtape";
import { type DenicornError, toDenicornError } from "../core/errors.ts";
import type { Settings } from "../settings/settings.ts";
import type { Identity as Account, System } from "../system/system.ts";
import { syslogHead, syslogPlace } from "../core/syslog.ts";
import { canRewrite, usesColour } from "../core/terminal_features.ts";
import { type Formatter, jsonFormatter, textFormatter, withHeads } from "./formatter.ts";
import { LogFile } from "./log_file.ts";
import { ProgressLine } from "./progress_line.ts";
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
  /**
   * Says how far something is in a line of the terminal that is rewritten, until `null` removes it. False where the log
   * is no such terminal: then a line of the log has to say it.
   */
  showProgress(text: string | null): boolean;
}

/** `account` is what workers run as. Throws DenicornError `log-unwritable`. */
export function openLog(
  system: System,
  config: ErrorLogConfig,
  identity: Identity,
  account: Account = {},
): Log {
  const tree = new LoggerTree();
  let { file, progress } = tree.use(() => configure(system, config, account));
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
        const before = { file, progress };
        ({ file, progress } = tree.use(() => configure(system, next, account)));
        if (before.progress !== null) before.file.write(before.progress.show(null));
        before.file.close();
      });
    },
    showProgress(text) {
      if (progress !== null) file.write(progress.show(text));
      return progress !== null;
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

interface Configured {
  readonly file: LogFile;
  /** `null` where lines of the log say how far something is, or nothing does. */
  readonly progress: ProgressLine | null;
}

function configure(system: System, config: ErrorLogConfig, account: Account): Configured {
  const options = { setting: "error-logfile", path: config.errorLogfile, stream: "stderr", account } as const;
  const file = new LogFile(system, options);
  const format = formatter(system, config, file);
  const progress = showsProgress(system, config, file) ? new ProgressLine() : null;
  configureSync({
    reset: true,
    sinks: {
      file(record) {
        const lines = format(record);
        file.write(progress === null ? lines : progress.around(lines));
      },
    },
    loggers: [
      { category: "denicorn", lowestLevel: config.logLevel, sinks: ["file"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["file"] },
    ],
  });
  return { file, progress };
}

function showsProgress(
  { host }: System,
  { logFormat, logLevel }: ErrorLogConfig,
  { stream }: LogFile,
): boolean {
  if (logFormat === "json" || compareLogLevel(logLevel, "info") > 0) return false;
  return stream !== undefined && canRewrite(host.isTerminal(stream), host.env);
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
  return textFormatter(file.stream !== undefined && usesColour(host.isTerminal(file.stream), host.env));
}
