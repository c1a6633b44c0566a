/**
 * Values as texts that another process can make values of again. To load `node:v8` takes 20 ms on Deno 2.9: who uses this
 * loads it late.
 */

import type { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";

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
  return deserialize(Uint8Array.fromBase64(text) as unknown as Buffer);
}
