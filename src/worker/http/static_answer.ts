/** The answer with a file: which of its copies, which part of it, or that the client has it already. */

import { COMPRESSIBLE_CONTENT_TYPE_REGEX as compressible } from "hono/utils/compress";
import { getMimeType, mimes } from "hono/utils/mime";
import { acceptedCodings, type Coding, endingOf } from "../../core/http/accepted_codings.ts";
import { type ByteRange, byteRange } from "../../core/http/byte_range.ts";
import { checkPreconditions, isRangeWanted, type Validators } from "../../core/http/preconditions.ts";
import type { OpenFile, ServedFolder } from "../../system/system.ts";

/** An app may replace the global one, as @hono/node-server does. */
const { Response } = globalThis;

type Field = [name: string, value: string];

interface AskedFile {
  /** In the folder. */
  readonly path: string;
  /** Its `Content-Type`. */
  readonly type: string;
  readonly file: OpenFile;
  readonly folder: ServedFolder;
  header(name: string): string | null;
  readonly isHead: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The runtime may compress what is text. */
  readonly isCompressing: boolean;
}

/** What Hono lacks. */
export const types: Record<string, string> = {
  ...mimes,
  apng: "image/apng",
  flac: "audio/flac",
  jxl: "image/jxl",
  m3u8: "application/vnd.apple.mpegurl",
  m4a: "audio/mp4",
  md: "text/markdown; charset=utf-8",
  mov: "video/quicktime",
  ogg: "audio/ogg",
  vtt: "text/vtt; charset=utf-8",
  wav: "audio/wav",
  yaml: "application/yaml; charset=utf-8",
  yml: "application/yaml; charset=utf-8",
};

export function typeOf(path: string): string {
  return getMimeType(path, types) ?? "application/octet-stream";
}

/** Bytes that are read at once. As a stream, 100 KB took 1.8 times as many instructions. */
const mostAtOnce = 128 * 1024;

interface Chosen {
  readonly file: OpenFile;
  readonly coding: Coding | null;
}

/** What Hono is to answer with. */
export interface FileContent {
  readonly status: 200 | 206;
  readonly fields: readonly Field[];
  readonly body: Uint8Array<ArrayBuffer> | ReadableStream;
}

/** Without a body the answer needs nothing of Hono, and has less than half of the cost. Closes the file if so. */
export function answerWith(asked: AskedFile): Response | FileContent {
  const isText = compressible.test(asked.type);
  const accepted = isText ? asked.header("accept-encoding") : null;
  const chosen = choose(asked, accepted);
  const { file, coding } = chosen;
  const current = validatorsOf(chosen, asked.now);
  const status = checkPreconditions(asked.header, current);
  const range = status === 200 ? rangeOf(asked, current, file.size) : null;

  // The runtime may compress it, and then these are not the bytes that will be sent.
  const isChanged = asked.isCompressing && coding === null && accepted !== null && range === null;
  const fields: Field[] = [
    ["ETag", isChanged ? `W/${current.etag}` : current.etag],
    ["Last-Modified", httpDate(current.modifiedAt)],
    ["Cache-Control", "no-cache"],
  ];
  if (isText) fields.push(["Vary", "Accept-Encoding"]);
  if (status !== 200) return withoutBody(file, status, fields);
  fields.push(["Accept-Ranges", "bytes"]);
  if (range === "unsatisfiable") {
    return withoutBody(file, 416, [...fields, ["Content-Range", `bytes */${file.size}`]]);
  }
  if (coding !== null) fields.push(["Content-Encoding", coding]);
  const first = range?.first ?? 0;
  const length = range === null ? file.size : range.last - first + 1;
  if (range !== null) fields.push(["Content-Range", `bytes ${first}-${range.last}/${file.size}`]);
  const isLong = length > mostAtOnce;
  if (isLong || asked.isHead) fields.push(["Content-Length", String(length)]);
  const sent = range === null ? 200 : 206;
  if (asked.isHead) return withoutBody(file, sent, [...fields, ["Content-Type", asked.type]]);
  return { status: sent, fields, body: isLong ? file.stream(first, length) : file.take(first, length) };
}

let lastDate = { seconds: NaN, text: "" };

/** Files that were built together mostly have the same; to write it takes 8,000 instructions. */
function httpDate(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1_000);
  if (seconds !== lastDate.seconds) lastDate = { seconds, text: new Date(seconds * 1_000).toUTCString() };
  return lastDate.text;
}

/** Of the copies beside the file, the one that the client likes best. */
function choose({ path, file, folder }: AskedFile, accepted: string | null): Chosen {
  for (const coding of acceptedCodings(accepted)) {
    const copy = folder.open(path + endingOf(coding));
    if (copy.is !== "file") continue;
    file.close();
    return { file: copy.file, coding };
  }
  return { file, coding: null };
}

/** The same on all servers that were given the same files with their times. */
function validatorsOf({ file: { size, modifiedAt }, coding }: Chosen, now: number): Validators {
  const ending = coding === null ? "" : `-${coding}`;
  return {
    etag: `"${Math.floor(modifiedAt).toString(16)}-${size.toString(16)}${ending}"`,
    // RFC 9110, 8.8.2.1.
    modifiedAt: Math.min(modifiedAt, now),
  };
}

function rangeOf(
  { header }: AskedFile,
  current: Validators,
  size: number,
): ByteRange | "unsatisfiable" | null {
  const range = header("range");
  return range !== null && isRangeWanted(header("if-range"), current) ? byteRange(range, size) : null;
}

function withoutBody(file: OpenFile, status: number, headers: Field[]): Response {
  file.close();
  return new Response(null, { status, headers });
}
