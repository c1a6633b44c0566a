import { DenicornError } from "../core/errors.ts";
import { reasonOf } from "../core/reason.ts";
import { syslogPlace } from "../core/syslog.ts";
import type { Identity, Stream, System } from "../system/system.ts";
import { StreamQueue, streamQueue } from "./stream_queue.ts";

const encoder = new TextEncoder();

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
  /** Lines since the file can no longer be written to; `null` while it can. */
  #missing: number | null = null;

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
    try {
      this.#target ??= this.#open();
      this.#target.write(text);
    } catch (error) {
      return this.#divert(text, error);
    }
    if (this.#missing !== null) this.#reportRecovery(this.#missing);
  }

  /**
   * A full disk must not stop the server, and must not fill stderr with what nobody looks for there: the lines of an
   * access log are counted, those of the error log are written to stderr. The reason is named once.
   */
  #divert(text: string, error: unknown): void {
    const { setting, path } = this.#options;
    const stderr = streamQueue(this.#system, "stderr");
    if (this.#missing === null) {
      const problem = error instanceof DenicornError
        ? error.message
        : `cannot write ${setting}: ${path} (${reasonOf(error)}): make room, or name another file and reload`;
      stderr.write(
        `denicorn: ${problem}; until then its lines ${this.#isAccess ? "are dropped" : "come here"}\n`,
      );
    }
    this.#missing = (this.#missing ?? 0) + text.split("\n").length - 1;
    if (!this.#isAccess) stderr.write(text);
  }

  #reportRecovery(lines: number): void {
    this.#missing = null;
    const { setting, path } = this.#options;
    const what = `${lines} ${lines === 1 ? "line" : "lines"}`;
    const missing = this.#isAccess ? `${what} were dropped` : `${what} came here`;
    streamQueue(this.#system, "stderr").write(
      `denicorn: ${setting} ${path} can be written to again: ${missing}\n`,
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
          return { write: (text) => sink.write(encoder.encode(text)), close: () => sink.close() };
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

function streamTarget(system: System, stream: Stream): Target {
  return { stream, write: (text) => streamQueue(system, stream).write(text), close: () => {} };
}
