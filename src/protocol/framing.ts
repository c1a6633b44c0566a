/** Newline-delimited JSON: one message a line, so that a stream of bytes keeps its message borders. */

const encoder = new TextEncoder();

export function encodeFrame(message: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(message) + "\n");
}

/** A line longer than this is not one of ours; the link is dropped rather than memory filled. */
const longestFrame = 1_048_576;

/** Cuts a stream of bytes into the JSON values it carries; a partial line waits for its rest. */
export class FrameDecoder {
  readonly #decoder = new TextDecoder();
  #rest = "";

  /** Throws SyntaxError for a line that is not JSON, RangeError for one longer than a mebibyte. */
  push(bytes: Uint8Array): unknown[] {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > longestFrame) {
      throw new RangeError(`cannot read message: ${this.#rest.length} characters without a line end`);
    }
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }
}
