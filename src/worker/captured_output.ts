/** What the app prints, line by line as records of the error log: `capture-output`. */

import { levelIn, objectIn, type OutputLevel, OutputLines } from "../core/output_lines.ts";
import type { Logger } from "../log/logger.ts";
import type { Host, Stream } from "../system/system.ts";

/** Of `console`, by the numbers of the runtime: debug, log and info, warn, error. */
const levels: readonly OutputLevel[] = ["debug", "info", "warning", "error"];

/** From here on the level of `console` is the least of its line: the JSON may be what a client has sent. */
const firstKept = levels.indexOf("warning");

/** Of what is written to a stream without a level. */
const levelOf: Readonly<Record<Stream, OutputLevel>> = { stdout: "info", stderr: "warning" };

export class CapturedOutput {
  readonly #logger: Logger;
  readonly #isJson: boolean;
  /** What was written without `console`, which prints whole lines. */
  readonly #written: Readonly<Record<Stream, OutputLines>>;
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  /** `isJson`: the format of the error log. */
  constructor(logger: Logger, isJson: boolean) {
    this.#logger = logger;
    this.#isJson = isJson;
    const lines = (stream: Stream) => new OutputLines((line) => this.#log(stream, levelOf[stream], line));
    this.#written = { stdout: lines("stdout"), stderr: lines("stderr") };
  }

  /** From now on nothing that the app prints goes anywhere else. */
  start(host: Pick<Host, "printThrough" | "captureWrites">): void {
    host.printThrough((stream, text, level) => {
      const least = level >= firstKept ? level : 0;
      const lines = new OutputLines((line) =>
        this.#log(stream, levels[level] ?? levelOf[stream], line, least)
      );
      lines.add(text);
      lines.end();
    });
    host.captureWrites((stream, bytes) => {
      this.#written[stream].add(this.#decoders[stream].decode(bytes, { stream: true }));
    });
  }

  /** The process ends: a line without an end is one, too. */
  end(): void {
    this.#written.stdout.end();
    this.#written.stderr.end();
  }

  /** `least`: the number of the level that it has at least, whatever it says of itself. */
  #log(stream: Stream, level: OutputLevel, line: string, least = 0): void {
    const object = objectIn(line);
    const named = (object === null ? undefined : levelIn(object)) ?? level;
    const known = levels[Math.max(levels.indexOf(named), least)] ?? level;
    // As a text it is shown as the app has printed it.
    if (object === null || !this.#isJson) this.#logger.with({ stream })[known]`${line}`;
    else this.#logger.with({ stream, output: object })[known]`${messageIn(object)}`;
  }
}

function messageIn({ message, msg }: Readonly<Record<string, unknown>>): string {
  return typeof message === "string" ? message : typeof msg === "string" ? msg : "";
}
