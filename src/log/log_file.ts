import { DenicornError } from "../core/errors.ts";
import type { AppendFile, System } from "../system/system.ts";
import { streamQueue } from "./stream_queue.ts";

const encoder = new TextEncoder();

/** Where log lines go: a file, which can be reopened after rotation, or (`-`) a standard stream. */
export class LogFile {
  readonly #system: System;
  readonly #setting: string;
  readonly #path: string;
  readonly #stream: "stdout" | "stderr";
  /** `null` for a standard stream, and after `close`. */
  #file: AppendFile | null;

  /** Throws DenicornError `log-unwritable`. `setting` names the setting in that error. */
  constructor(system: System, setting: string, path: string, stream: "stdout" | "stderr") {
    this.#system = system;
    this.#setting = setting;
    this.#path = path;
    this.#stream = stream;
    this.#file = this.#open();
  }

  get isTerminal(): boolean {
    return this.#path === "-" && this.#system.host.isTerminal(this.#stream);
  }

  /** After `close` this opens the file again: a late line belongs there, too. */
  write(text: string): void {
    try {
      this.#file ??= this.#open();
      if (this.#file === null) streamQueue(this.#system, this.#stream).write(text);
      else this.#file.write(encoder.encode(text));
    } catch (error) {
      // A full disk must not stop the server, and must not cost the line.
      const problem = error instanceof DenicornError
        ? error.message
        : `cannot write ${this.#path}: ${reason(error)}`;
      streamQueue(this.#system, "stderr").write(`${problem}\n${text}`);
    }
  }

  /** Opens the path again. If that fails, the old file stays in use and DenicornError `log-unwritable` is thrown. */
  reopen(): void {
    const opened = this.#open();
    this.#file?.close();
    this.#file = opened;
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
  }

  #open(): AppendFile | null {
    if (this.#path === "-") return null;
    try {
      return this.#system.files.openAppend(this.#path);
    } catch (error) {
      throw new DenicornError(
        "log-unwritable",
        `cannot open ${this.#setting}: ${this.#path} (${
          reason(error)
        }): name a file that can be written to, in a ` +
          "directory that exists, or use - for the standard stream",
        { cause: error },
      );
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
