import { DenicornError } from "../core/errors.ts";
import { reasonOf } from "../core/reason.ts";
import { syslogPlace } from "../core/syslog.ts";
import type { Identity, LogSink, Stream, System } from "../system/system.ts";
import { LateLines } from "./late_lines.ts";
import { StreamQueue, streamQueue } from "./stream_queue.ts";

const encoder = new TextEncoder();

/** Milliseconds between two attempts to write lines that wait. */
const retryInterval = 1_000;

interface LogFileOptions {
  /** Names the setting in errors. */
  readonly setting: string;
  readonly path: string;
  /** What `-` means. */
  readonly stream: Stream;
  /** What workers run as: see `Files.openLog`. */
  readonly account?: Identity;
  /** False: while it cannot be opened, its lines go to stderr. */
  readonly isRequired?: boolean;
}

/** Where lines go now. */
interface Target {
  /** Set for a standard stream. */
  readonly stream?: Stream;
  write(text: string): void;
  close(): void;
}

/** Where log lines go: a file, which can be reopened after rotation, a FIFO, or (`-`) a standard stream. */
export class LogFile {
  readonly #system: System;
  readonly #options: LogFileOptions;
  /** `null` after `close`, and while it cannot be opened. */
  #target: Target | null;
  /** Lines on stderr since the file can no longer be written to; `null` while it can. */
  #missing: number | null = null;
  /** Of an access log that cannot be written to. */
  #late: LateLines | null = null;
  #stopRetrying = () => {};

  /** Throws DenicornError `log-unwritable` if it is required. */
  constructor(system: System, options: LogFileOptions) {
    this.#system = system;
    this.#options = options;
    try {
      this.#target = this.#open();
    } catch (error) {
      if (options.isRequired !== false) throw error;
      this.#target = null;
    }
  }

  /** The standard stream that the lines go to; `undefined` for a file. */
  get stream(): Stream | undefined {
    return this.#target?.stream;
  }

  /** After `close` this opens the file again: a late line belongs there, too. */
  write(text: string): void {
    if (this.#late !== null) return this.#late.add(text);
    const failure = this.#attempt(text);
    if (failure === null) return this.#reportRecovery();
    this.#divert(failure.rest, failure.cause);
  }

  /** What is left of `text`, and why; `null` if all of it is written. */
  #attempt(text: string): Unwritten | null {
    try {
      this.#target ??= this.#open();
      this.#target.write(text);
      return null;
    } catch (error) {
      return error instanceof Unwritten ? error : new Unwritten(text, error);
    }
  }

  /**
   * A full disk must not stop the server, and must not fill stderr with what nobody looks for there: the lines of an
   * access log wait, those of the error log are written to stderr. The reason is named once.
   */
  #divert(text: string, error: unknown): void {
    const { setting, path } = this.#options;
    const stderr = streamQueue(this.#system, "stderr");
    if (this.#missing === null) {
      const problem = error instanceof DenicornError
        ? error.message
        : `cannot write ${setting}: ${path} (${reasonOf(error)}): make room, or name another file and reload`;
      stderr.write(`denicorn: ${problem}; until then its lines ${this.#isAccess ? "wait" : "come here"}\n`);
    }
    if (!this.#isAccess) {
      this.#missing = (this.#missing ?? 0) + linesIn(text);
      return stderr.write(text);
    }
    this.#missing = 0;
    this.#late = new LateLines();
    this.#late.add(text);
    this.#stopRetrying = this.#system.clock.every(retryInterval, () => {
      if (this.#late !== null) this.#retry(this.#late);
    });
  }

  #retry(late: LateLines): void {
    const failure = this.#attempt(late.text);
    if (failure !== null) return late.leave(failure.rest);
    this.#late = null;
    this.#stopRetrying();
    this.#reportRecovery(late);
  }

  #reportRecovery(late?: LateLines): void {
    if (this.#missing === null) return;
    const { setting, path } = this.#options;
    const report = late === undefined
      ? `${named(this.#missing)} came here`
      : `${named(late.counts.late)} had to wait` +
        (late.counts.dropped === 0 ? "" : `, ${named(late.counts.dropped)} dropped`);
    this.#missing = null;
    streamQueue(this.#system, "stderr").write(
      `denicorn: ${setting} ${path} can be written to again: ${report}\n`,
    );
  }

  get #isAccess(): boolean {
    return this.#options.setting === "access-logfile";
  }

  /** Opens the path again. If that fails, the old file stays in use and DenicornError `log-unwritable` is thrown. */
  reopen(): void {
    const opened = this.#open();
    this.#target?.close();
    this.#target = opened;
  }

  close(): void {
    if (this.#late !== null) this.#retry(this.#late);
    this.#stopRetrying();
    if (this.#late !== null) {
      const { setting, path } = this.#options;
      const { late, dropped } = this.#late.counts;
      streamQueue(this.#system, "stderr").write(
        `denicorn: ${setting} ${path} could not be written to until the end: ${named(late + dropped)} lost\n`,
      );
      this.#late = null;
    }
    this.#target?.close();
    this.#target = null;
  }

  #open(): Target {
    const { setting, path, stream, account = {} } = this.#options;
    if (path === "-") return streamTarget(this.#system, stream);
    const syslog = syslogPlace(path);
    try {
      if (syslog !== null) {
        return new StreamQueue(this.#system, {
          ...this.#system.network.datagramSink(syslog.server),
          name: path,
        });
      }
      const sink = this.#system.files.openLog(path, account);
      switch (sink.is) {
        case "stream":
          return streamTarget(this.#system, sink.stream);
        case "reader":
          return new StreamQueue(this.#system, { ...sink, name: path });
        case "file":
          return { write: (text) => writeTo(sink, text), close: () => sink.close() };
      }
    } catch (error) {
      throw new DenicornError(
        "log-unwritable",
        `cannot open ${setting}: ${path} (${reasonOf(error)}): ${
          syslog === null
            ? "name a file that can be written to, in a directory that exists, or use - for the standard stream"
            : "start the syslog server there, or name another place"
        }`,
        { cause: error },
      );
    }
  }
}

/** Lines that could not be written. */
class Unwritten extends Error {
  readonly rest: string;

  constructor(rest: string, cause: unknown) {
    super("not written", { cause });
    this.rest = rest;
  }
}

/**
 * Throws Unwritten with all lines that are not there as a whole. Of the one that is there in part the rest cannot follow: by
 * then other processes may have written theirs.
 */
function writeTo(sink: Extract<LogSink, { is: "file" }>, text: string): void {
  const bytes = encoder.encode(text);
  let done = 0;
  try {
    while (done < bytes.length) done += sink.write(bytes.subarray(done));
  } catch (error) {
    const lineStart = done === 0 ? 0 : bytes.lastIndexOf(newline, done - 1) + 1;
    const rest = new TextDecoder().decode(bytes.subarray(lineStart));
    throw new Unwritten(done > lineStart ? `\n${rest}` : rest, error);
  }
}

const newline = 0x0a;

function linesIn(text: string): number {
  return text.split("\n").length - 1;
}

function named(lines: number): string {
  return lines === 1 ? "1 line" : `${lines} lines`;
}

function streamTarget(system: System, stream: Stream): Target {
  return { stream, write: (text) => streamQueue(system, stream).write(text), close: () => {} };
}
