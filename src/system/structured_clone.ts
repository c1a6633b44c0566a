/**
 * Values as texts that another process can make values of again. To load `node:v8` takes 20 ms on Deno 2.9: who uses this
 * loads it late.
 */

import { Buffer } from "node:buffer";
import { DefaultDeserializer, serialize } from "node:v8";

type ArrayClass = new (buffer: ArrayBufferLike) => ArrayBufferView;

/** The types of Node leave it out, although its documentation says to override it. */
const readArray: () => ArrayBufferView = Reflect.get(DefaultDeserializer.prototype, "_readHostObject");

/**
 * Gives each array a buffer of its own, as in a structured clone. `node:v8` leaves it in memory that it shares with the
 * rest of the text or, by the pool of `Buffer.from`, with the whole process, so that its `buffer` would hold anything.
 */
class CloneReader extends DefaultDeserializer {
  _readHostObject(): ArrayBufferView {
    const { buffer, byteOffset, byteLength, constructor } = Reflect.apply(readArray, this, []);
    const own = buffer.slice(byteOffset, byteOffset + byteLength);
    return constructor === Buffer ? Buffer.from(own) : new (constructor as ArrayClass)(own);
  }
}

/** The structured clone as base64. Throws DataCloneError for a value that cannot be cloned, such as a function. */
export function toCloneText(value: unknown): string {
  try {
    return serialize(value).toString("base64");
  } catch (error) {
    const reason = error instanceof Error ? error.message : "the value could not be cloned";
    throw new DOMException(reason, "DataCloneError");
  }
}

/** Throws for what `toCloneText` did not make. */
export function fromCloneText(text: string): unknown {
  // In memory of its own: Deno 2.7 reads arrays at the wrong place when the bytes are in the pool of `Buffer.from`.
  const reader = new CloneReader(Uint8Array.fromBase64(text));
  reader.readHeader();
  return reader.readValue();
}
