/**
 * Messages of channels on their way to other machines: frames as between master and worker, and before them a line that
 * says whose they are. Whatever else arrives there is none of ours.
 */

import { encodeFrame, FrameDecoder } from "./framing.ts";
import type { ChannelPost } from "./channel_messages.ts";
import { readWorkerMessage } from "./worker_message.ts";

/** Raise it when messages change so that an older version cannot read them. */
const format = 1;

/** In bytes. What a server sends at once is shorter: an outbox gives 64 KiB, or one longer frame. */
const longestEnvelope = 1024 * 1024;

interface Envelope {
  /** The server that sent it: the masters of an upgrade are one. */
  readonly server: string;
  /** Throws for what is no message of a channel. Reads as it goes, so what nobody asks for costs nothing. */
  readonly posts: Iterable<ChannelPost>;
}

/** The first line of what `server` sends. */
export function envelopeHead(server: string): Uint8Array {
  return encodeFrame({ denicorn: format, server });
}

/** Throws RangeError, TypeError or SyntaxError for what is no envelope of this version. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  if (bytes.length > longestEnvelope) throw new RangeError(`it has ${bytes.length} bytes`);
  const values = new FrameDecoder().push(bytes);
  const { value: head } = values.next();
  if (typeof head !== "object" || head === null || !("denicorn" in head)) {
    throw new TypeError("it is not ours");
  }
  if (head.denicorn !== format || !("server" in head) || typeof head.server !== "string") {
    throw new TypeError("another version of Denicorn sent it");
  }
  return { server: head.server, posts: postsOf(values) };
}

function* postsOf(values: Iterable<unknown>): Generator<ChannelPost> {
  for (const value of values) {
    const message = readWorkerMessage(value);
    if (message?.type !== "channel-post") throw new TypeError("it holds more than messages of channels");
    yield message;
  }
}

const lineFeed = 0x0a;

/** How many frames `bytes` are. */
export function countFrames(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(lineFeed); at >= 0; at = bytes.indexOf(lineFeed, at + 1)) count++;
  return count;
}
