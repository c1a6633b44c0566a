/**
 * The format of the access log: what stands in a line, in the notation of Gunicorn. `%(h)s` is an atom, `%({referer}i)s`
 * a header of the request and `%({etag}o)s` one of the response.
 */

/** What can be named, by its letter. */
export const atoms = {
  h: "address of the client, as a trusted proxy names it",
  l: "`-`, for the identity that nobody asks clients for any more",
  u: "user name of `Authorization: Basic`; nobody has checked it",
  t: "time of the request, such as `[20/Nov/2026:23:33:58 +0000]`",
  r: "request line: method, target and protocol",
  m: "method",
  U: "path, without the query",
  q: "query, without the question mark",
  H: "protocol: `HTTP/1.1`, `HTTP/2.0`, or `HTTP/1.0` where that is known",
  s: "status",
  B: "bytes of the body of the response",
  b: "the same, and `-` for none",
  f: "header `Referer`",
  a: "header `User-Agent`",
  T: "seconds from the arrival of the request until its response was sent, rounded down",
  M: "milliseconds, rounded down",
  D: "microseconds, rounded down",
  L: "seconds, as in `0.001250`",
  p: "process id of the worker",
  w: "number of the worker",
  I: "id of the request, from [`request-id-header`](settings.md#request-id-header) or a new one",
  E: "how it ended: `broken` if the response failed, `closed 1001` for a WebSocket, else `-`",
} as const;
type Atom = keyof typeof atoms;
/** Of which the value is no header as it was sent. */
export type OwnAtom = Exclude<Atom, "f" | "a">;

/** Formats with a name. */
export const namedFormats = {
  common: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s',
  combined: '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s"',
} as const;

/** One object a line. */
export const jsonName = "json";

/** A part of a line. `isQuoted`: it stands between quotes, so that a space in it ends nothing. */
export type Piece =
  | { readonly is: "text"; readonly text: string }
  | { readonly is: "atom"; readonly atom: OwnAtom; readonly isQuoted: boolean }
  /** `index` is its place in `AccessNeeds`. */
  | { readonly is: "request" | "response"; readonly index: number; readonly isQuoted: boolean };

/** What must be known of a request for a line about it. Each costs time. */
export interface AccessNeeds {
  /** In small letters. */
  readonly requestHeaders: readonly string[];
  readonly responseHeaders: readonly string[];
  readonly protocol: boolean;
  /** The bytes of the body of the response. */
  readonly size: boolean;
  /** Then each request has one. */
  readonly requestId: boolean;
}

export type AccessFormat =
  | { readonly is: "json"; readonly needs: AccessNeeds }
  | {
    readonly is: "text";
    readonly pieces: readonly Piece[];
    readonly needs: AccessNeeds;
    /** It is the one of that name. */
    readonly isCombined: boolean;
  };

/** The headers behind atoms. */
const headerOfAtom: Partial<Record<Atom, string>> = {
  u: "authorization",
  f: "referer",
  a: "user-agent",
};

/** What a line of JSON has of the headers, in this order. */
const jsonHeaders = ["referer", "user-agent"] as const;

const jsonFormat: AccessFormat = {
  is: "json",
  needs: { requestHeaders: jsonHeaders, responseHeaders: [], protocol: true, size: true, requestId: true },
};

/** A name, or a text with atoms. `null` if there is something else after a `%`; `objectionTo` says what. */
export function accessFormat(given: string): AccessFormat | null {
  if (given === jsonName) return jsonFormat;
  const text = isNamed(given) ? namedFormats[given] : given;
  return objectionTo(text) === null ? readText(text, text === namedFormats.combined) : null;
}

function isNamed(given: string): given is keyof typeof namedFormats {
  return Object.hasOwn(namedFormats, given);
}

const headerAtom = /^\{([!#$%&'*+.^_`|~\w-]+)\}([io])$/;

type Token = { readonly atom: string } | { readonly text: string } | { readonly stray: string };

/** `%%` is a percent sign. */
function tokensOf(text: string): Token[] {
  return Array.from(text.matchAll(/%\(([^()]*)\)s|%%|%[^%]{0,12}|[^%]+/g), ([found, atom]): Token => {
    if (atom !== undefined) return { atom };
    if (found === "%%") return { text: "%" };
    return found.startsWith("%") ? { stray: found } : { text: found };
  });
}

/** What is wrong with a text, and what to do; `null` if nothing is. */
export function objectionTo(text: string): string | null {
  const control = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/.exec(text)?.[0];
  if (control !== undefined) {
    return `it has ${JSON.stringify(control)} in it: write one line without such characters`;
  }
  const tokens = tokensOf(text);
  for (const token of tokens) {
    if ("stray" in token) {
      return `"${token.stray}" is no atom: write %(h)s and the like, and %% for a percent sign`;
    }
    if ("atom" in token && !Object.hasOwn(atoms, token.atom) && !headerAtom.test(token.atom)) {
      const known = Object.keys(atoms).join(" ");
      return `there is no atom "%(${token.atom})s": use one of ${known}, {header}i or {header}o`;
    }
  }
  if (tokens.some((token) => "atom" in token)) return null;
  const names = [...Object.keys(namedFormats), jsonName].join(", ");
  return `it names nothing of a request: use ${names}, or a text with atoms such as %(h)s`;
}

function readText(text: string, isCombined: boolean): AccessFormat {
  const requestHeaders: string[] = [];
  const responseHeaders: string[] = [];
  const named = new Set<Atom>();
  let isQuoted = false;
  const pieces = tokensOf(text).map((token): Piece => {
    if (!("atom" in token)) {
      const found = "text" in token ? token.text : token.stray;
      if (found.split('"').length % 2 === 0) isQuoted = !isQuoted;
      return { is: "text", text: found };
    }
    const [, header, of] = headerAtom.exec(token.atom) ?? [];
    if (header !== undefined) {
      return of === "i"
        ? { is: "request", index: place(requestHeaders, header.toLowerCase()), isQuoted }
        : { is: "response", index: place(responseHeaders, header.toLowerCase()), isQuoted };
    }
    const atom = token.atom as Atom;
    named.add(atom);
    const index = atom in headerOfAtom ? place(requestHeaders, headerOfAtom[atom]!) : null;
    return index !== null && (atom === "f" || atom === "a")
      ? { is: "request", index, isQuoted }
      : { is: "atom", atom: atom as OwnAtom, isQuoted };
  });
  const protocol = named.has("r") || named.has("H");
  const size = named.has("B") || named.has("b");
  const requestId = named.has("I");
  return {
    is: "text",
    isCombined,
    pieces,
    needs: { requestHeaders, responseHeaders, protocol, size, requestId },
  };
}

function place(headers: string[], name: string): number {
  const known = headers.indexOf(name);
  return known < 0 ? headers.push(name) - 1 : known;
}

/** The user name of a header `Authorization`; `null` if it has none. */
export function userNameOf(authorization: string | null | undefined): string | null {
  const [, encoded] = /^basic +([\w+/=-]+) *$/i.exec(authorization ?? "") ?? [];
  if (encoded === undefined) return null;
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const [name = ""] = new TextDecoder().decode(bytes).split(":");
    return name === "" ? null : name;
  } catch {
    // It is not Base64.
    return null;
  }
}
