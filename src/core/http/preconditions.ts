/** What a client makes its request depend on (RFC 9110, 13), for files. */

/** What tells one state of a file from another. */
export interface Validators {
  /** With its quotes, and `W/` if it is weak. */
  readonly etag: string;
  /** Milliseconds since 1970. */
  readonly modifiedAt: number;
}

type Headers = (name: string) => string | null;

/** 200: go on. In the order of RFC 9110, 13.2.2, for GET and HEAD. */
export function checkPreconditions(header: Headers, current: Validators): 200 | 304 | 412 {
  const ifMatch = header("if-match");
  if (ifMatch !== null) {
    if (!lists(ifMatch, current.etag, isStrongMatch)) return 412;
  } else if (isModifiedSince(header("if-unmodified-since"), current) === true) return 412;
  const ifNoneMatch = header("if-none-match");
  if (ifNoneMatch !== null) return lists(ifNoneMatch, current.etag, isWeakMatch) ? 304 : 200;
  return isModifiedSince(header("if-modified-since"), current) === false ? 304 : 200;
}

/** Whether a range may be sent: it must be of the same bytes that the client has a part of (`If-Range`). */
export function isRangeWanted(ifRange: string | null, current: Validators): boolean {
  if (ifRange === null) return true;
  if (ifRange.includes('"')) return isStrongMatch(ifRange.trim(), current.etag);
  const date = dateIn(ifRange);
  return date !== null && date === seconds(current.modifiedAt);
}

/** `null`: it names no date, and is ignored. */
function isModifiedSince(header: string | null, { modifiedAt }: Validators): boolean | null {
  const date = header === null ? null : dateIn(header);
  return date === null ? null : seconds(modifiedAt) > date;
}

function seconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1_000);
}

/** RFC 9110, 5.6.7: also the two forms that are obsolete. */
const httpDate = /^[A-Z][a-z]{2,8},? [A-Za-z0-9: -]+( GMT)?$/;

function dateIn(text: string): number | null {
  const trimmed = text.trim();
  if (!httpDate.test(trimmed)) return null;
  const date = Date.parse(trimmed.endsWith("GMT") ? trimmed : `${trimmed} GMT`);
  return Number.isNaN(date) ? null : seconds(date);
}

function lists(header: string, etag: string, matches: (one: string, other: string) => boolean): boolean {
  if (header.trim() === "*") return true;
  for (const [tag] of header.matchAll(/(?:W\/)?"[^"]*"/g)) if (matches(tag, etag)) return true;
  return false;
}

function isStrongMatch(one: string, other: string): boolean {
  return one === other && !one.startsWith("W/");
}

function isWeakMatch(one: string, other: string): boolean {
  return one.replace(/^W\//, "") === other.replace(/^W\//, "");
}
