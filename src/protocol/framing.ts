/** Newline-delimited JSON: one message per line, so that a stream of bytes can be cut into messages again. */

const encoder = new TextEncoder();

export function encodeFrame(message: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(message) + "\n");
}

/** A longer line does not come from Denicorn; the connection is closed before it fills the memory. */
const longestFrame = 1_048_576;

/** Cuts a stream of bytes into the JSON values in it. Keeps an incomplete line until the rest arrives. */
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

/** Several such texts fit into a frame, and a longer one would not be read. */
const longestText = 65_536;

/** A text of unknown length, such as a stack, cut so that it fits into a frame with others. */
export function clip(text: string): string {
  if (text.length <= longestText) return text;
  return `${text.slice(0, longestText)}… (${text.length - longestText} more characters)`;
}

/** Bytes as text, because JSON has no bytes. */
export function encodeBytes(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Throws DOMException for a text that `encodeBytes` did not make. */
export function decodeBytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
