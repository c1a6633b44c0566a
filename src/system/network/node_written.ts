/** The bytes that apps write into responses of `node:http`, whose framing and head belong to the runtime. */

import { Buffer } from "node:buffer";
import http from "node:http";
import type { NodeResponse } from "./node_http.ts";

const written = Symbol("written");
const isWriting = Symbol("writing");

interface Counted {
  [written]?: number;
  [isWriting]?: boolean;
}

type Write = (this: Counted, ...args: unknown[]) => unknown;

let isCounting = false;

/** From now on they are counted. What a runtime calls itself to write a response counts once. */
export function countWritten(): void {
  if (isCounting) return;
  isCounting = true;
  const prototype = http.ServerResponse.prototype as unknown as Record<"write" | "end", Write>;
  for (const name of ["write", "end"] as const) {
    const runtimes = prototype[name];
    prototype[name] = function (chunk, encoding) {
      if (this[isWriting] === true) return Reflect.apply(runtimes, this, arguments);
      this[isWriting] = true;
      try {
        const result = Reflect.apply(runtimes, this, arguments);
        this[written] = (this[written] ?? 0) + sizeOf(chunk, encoding);
        return result;
      } finally {
        this[isWriting] = false;
      }
    };
  }
}

/** The runtime has taken `bytes` for it in another way. */
export function addWritten(response: object, bytes: number): void {
  if (isCounting) (response as Counted)[written] = ((response as Counted)[written] ?? 0) + bytes;
}

/** `null` if they are not counted. */
export function writtenTo(response: NodeResponse): number | null {
  return isCounting ? (response as Counted)[written] ?? 0 : null;
}

function sizeOf(chunk: unknown, encoding: unknown): number {
  if (typeof chunk === "string") {
    return Buffer.byteLength(chunk, typeof encoding === "string" ? encoding as BufferEncoding : undefined);
  }
  return chunk instanceof Uint8Array ? chunk.byteLength : 0;
}
