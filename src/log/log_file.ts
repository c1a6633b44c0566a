import { DenicornError } from "../core/errors.ts";
import type { AppendFile, System } from "../system/system.ts";
import { streamQueue } from "./stream_queue.ts";

const encoder = new TextEncoder();

/**
 * A place log lines go to: a file that can be reopened after rotation, or (`-`) a standard stream, which has
 * nothing to reopen.
 */
export class LogFile {
  readonly #system: System;
  readonly #setting: string;
  readonly #path: string;
  readonly #stream: "stdout" | "stderr";
  #file: AppendFile | null = null;

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

  write(text: string): void {
    if (this.#file === null) {
      streamQueue(this.#system, this.#stream).write(text);
      return;
    }
    try {
      this.#file.write(encoder.encode(text));
    } catch (error) {
      // A full disk must not stop the server; the line is worth more on stderr than lost.
      streamQueue(this.#system, "stderr").write(`cannot write ${this.#path}: ${reason(error)}\n${text}`);
    }
  }

  /** Opens the path anew. If that fails the old file stays in use and DenicornError `log-unwritable` is thrown. */
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
        }): give a file that can be appended to, ` +
          "in a directory that exists, or - for the standard stream",
        { cause: error },
      );
    }
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
