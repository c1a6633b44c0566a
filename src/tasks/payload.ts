/**
 * Payloads and results as text: JSON where that says everything, so that programs in other languages can read and write
 * them; the structured clone of V8 for what JSON has no words for, such as a Date or a Map.
 */

import { Buffer } from "node:buffer";
import { deserialize, serialize } from "node:v8";

/** The only key of the object that stands for a structured clone. */
const cloneKey = "$structuredClone";

/** Throws an error for a value that cannot be cloned, such as a function. */
export function encodePayload(value: unknown): string {
  if (isJson(value, 0)) return JSON.stringify(value ?? null);
  return JSON.stringify({ [cloneKey]: serialize(value).toString("base64") });
}

/** Throws SyntaxError for what is not JSON. */
export function decodePayload(text: string): unknown {
  return decodedPayload(JSON.parse(text));
}

/** The same for what was parsed before. */
export function decodedPayload(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !(cloneKey in value)) return value;
  const bytes = value[cloneKey];
  return typeof bytes === "string" && Object.keys(value).length === 1 ? deserialize(bytesOf(bytes)) : value;
}

/** In memory of its own: Deno 2.7 reads arrays at the wrong place when the bytes are in the pool of `Buffer.from`. */
function bytesOf(base64: string): Buffer {
  return Buffer.from(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer);
}

/** A deeper value may refer to itself, which the structured clone knows how to write. */
const deepest = 100;

/** Whether JSON gives back the same value. */
function isJson(value: unknown, depth: number): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (value === undefined) return depth === 0;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || depth > deepest) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return !("toJSON" in value) && !(cloneKey in value) &&
    Object.values(value).every((item) => isJson(item, depth + 1));
}
