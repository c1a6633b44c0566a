/** The error log: LogTape records with one identity, written to a sink of ours that can be reopened. */

import { configureSync, getLogger, type Logger } from "@logtape/logtape";
import { type DenicornError, toDenicornError } from "../core/errors.ts";
import type { System } from "../system/system.ts";
import { type Formatter, jsonFormatter, type LogFormat, textFormatter } from "./format.ts";
import { LogFile } from "./log_file.ts";
import { streamQueue } from "./stream_queue.ts";

export type { Logger };

/** What stands in every line of this process. */
export type Identity =
  | { readonly pid: number }
  | { readonly worker: number; readonly gen: number; readonly pid: number };

/** What to write of the error log, in which form, and where to: a path, or `-` for standard error. */
interface ErrorLogConfig {
  readonly level: "debug" | "info" | "warning" | "error";
  readonly format: LogFormat;
  readonly errorLogfile: string;
}

export interface Log {
  /** Speaks with the identity of this process. */
  readonly logger: Logger;
  /** Opens the file again, as USR1 asks. If that fails the old one stays in use; the failure is logged and returned. */
  reopen(): DenicornError | null;
  /** Switches level, format and file, as a reload asks. Fails like `reopen`. */
  reconfigure(config: ErrorLogConfig): void;
}

/** Throws DenicornError `log-unwritable`. */
export function openLog(system: System, config: ErrorLogConfig, identity: Identity): Log {
  const tree = new LoggerTree();
  let file = tree.use(() => configure(system, config));
  const logger = tree.use(() => getLogger("denicorn")).with({ ...identity });
  for (const stream of ["stdout", "stderr"] as const) {
    streamQueue(system, stream).onDropped = (lines) =>
      logger.warning`dropped ${
        lines === 1 ? "1 line" : `${lines} lines`
      } of log: the reader of ${stream} does not keep up`;
  }
  return {
    logger,
    reopen: () => orReport(logger, () => file.reopen()),
    reconfigure(next) {
      orReport(logger, () => {
        const before = file;
        file = tree.use(() => configure(system, next));
        before.close();
      });
    },
  };
}

/**
 * LogTape keeps one tree of loggers per process, also for several copies of itself. An app may bring its own:
 * each shall configure and reset only what is its own, so ours is in place only while we use it.
 */
class LoggerTree {
  static readonly #place = Symbol.for("logtape.rootLogger");
  #ours: unknown;

  use<T>(work: () => T): T {
    const theirs = Reflect.get(globalThis, LoggerTree.#place);
    Reflect.set(globalThis, LoggerTree.#place, this.#ours);
    try {
      return work();
    } finally {
      this.#ours = Reflect.get(globalThis, LoggerTree.#place);
      Reflect.set(globalThis, LoggerTree.#place, theirs);
    }
  }
}

/** A running server outlives a log file it cannot open: the failure goes where the lines went so far. */
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

function configure(system: System, config: ErrorLogConfig): LogFile {
  const file = new LogFile(system, "error-logfile", config.errorLogfile, "stderr");
  const format = formatter(system, config, file);
  configureSync({
    reset: true,
    sinks: { file: (record) => file.write(format(record)) },
    loggers: [
      { category: "denicorn", lowestLevel: config.level, sinks: ["file"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["file"] },
    ],
  });
  return file;
}

function formatter(system: System, config: ErrorLogConfig, file: LogFile): Formatter {
  if (config.format === "json") return jsonFormatter;
  // https://no-color.org: present and not empty means no colour.
  return textFormatter(file.isTerminal && !system.host.env("NO_COLOR"));
}
