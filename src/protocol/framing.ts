/** Newline-delimited JSON: one message per line, so that a stream of bytes can be cut into messages again. */

const encoder = new TextEncoder();
const lineFeed = 0x0a;

export function encodeFrame(message: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(message) + "\n");
}

/** In bytes. A longer line does not come from Denicorn; the connection is closed before it fills the memory. */
const longestFrame = 1_048_576;

/** The same for the first line, which holds a token: any process that can reach the socket can send it. */
const longestFirstFrame = 1_024;

/** Cuts a stream of bytes into the JSON values in it. Keeps an incomplete line until the rest arrives. */
export class FrameDecoder {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The pieces of the incomplete line. */
  #pieces: Uint8Array[] = [];
  #length = 0;
  #longest: number;

  /** `isTrusted`: the first line may be as long as any other. */
  constructor(isTrusted = true) {
    this.#longest = isTrusted ? longestFrame : longestFirstFrame;
  }

  /** Throws TypeError for bytes that are not UTF-8, SyntaxError for a line that is not JSON, RangeError for a long one. */
  *push(bytes: Uint8Array): Generator<unknown, void> {
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(lineFeed, start);
      const end = found < 0 ? bytes.length : found;
      this.#keep(bytes.subarray(start, end));
      start = end + 1;
      if (found < 0) return;
      const line = this.#take();
      if (line === "") continue;
      yield JSON.parse(line);
      this.#longest = longestFrame;
    }
  }

  #keep(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > this.#longest) throw new RangeError(`a line of more than ${this.#longest} bytes`);
    if (piece.length > 0) this.#pieces.push(piece);
  }

  #take(): string {
    const line = new Uint8Array(this.#length);
    let at = 0;
    for (const piece of this.#pieces) {
      line.set(piece, at);
      at += piece.length;
    }
    this.#pieces = [];
    this.#length = 0;
    return this.#decoder.decode(line);
  }
}

/** Several such texts fit into a frame, and a longer one would not be read. */
const longestText = 65_536;

/** The length of what `clip` returns at most: the text and the number of characters that are missing. */
export const longestClip = longestText + 64;

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
