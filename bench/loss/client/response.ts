/** Parses HTTP/1.1 responses chunk by chunk and reports when one is complete (RFC 9112). */

export type Progress = "more" | "complete" | "malformed";

type Part =
  | "head"
  | "length"
  | "until-close"
  | "chunk-size"
  | "chunk-data"
  | "chunk-end"
  | "trailers"
  | "over";

const latin1 = new TextDecoder("latin1");
const maxHead = 64 * 1024;
const cr = 13;
const lf = 10;

export class ResponseReader {
  #part: Part = "head";
  #progress: Progress = "more";
  /** The head, or one line, as far as it has arrived. */
  #text = "";
  /** Bytes of the body or chunk that are still missing. */
  #missing = 0;
  #status = 0;
  #closes = false;
  #begun = false;
  #mistake = "";

  /** `method` is the one of the request: a response to HEAD has no body. */
  constructor(readonly method = "GET") {}

  get status(): number {
    return this.#status;
  }

  /** Whether the server closes the connection after this response. */
  get closes(): boolean {
    return this.#closes;
  }

  /** Whether any byte of the response has arrived. */
  get begun(): boolean {
    return this.#begun;
  }

  /** What is malformed. */
  get mistake(): string {
    return this.#mistake;
  }

  /** Prepares for the next response. */
  reset(): void {
    this.#part = "head";
    this.#progress = "more";
    this.#text = "";
    this.#missing = 0;
    this.#status = 0;
    this.#closes = false;
    this.#begun = false;
  }

  push(bytes: Uint8Array): Progress {
    if (bytes.length > 0) this.#begun = true;
    let at = 0;
    while (this.#progress === "more" && at < bytes.length) at = this.#take(bytes, at);
    // Only one response was requested.
    if (this.#progress === "complete" && at < bytes.length) return this.#fail("bytes after the response");
    return this.#progress;
  }

  /** To be called when the server has closed its side. */
  end(): Progress {
    if (this.#progress === "more" && this.#part === "until-close") this.#finish();
    return this.#progress;
  }

  /** Consumes some bytes from `at` and returns the position of the next. */
  #take(bytes: Uint8Array, at: number): number {
    switch (this.#part) {
      case "head":
        return this.#takeHead(bytes, at);
      case "length":
      case "chunk-data": {
        const taken = Math.min(this.#missing, bytes.length - at);
        this.#missing -= taken;
        if (this.#missing === 0) {
          if (this.#part === "length") this.#finish();
          else this.#part = "chunk-end";
        }
        return at + taken;
      }
      case "chunk-size":
      case "chunk-end":
      case "trailers":
        return this.#takeLine(bytes, at);
      case "until-close":
      case "over":
        return bytes.length;
    }
  }

  #takeHead(bytes: Uint8Array, at: number): number {
    const before = this.#text.length;
    this.#text += latin1.decode(at === 0 ? bytes : bytes.subarray(at));
    // The blank line may have begun in the previous chunk.
    const end = this.#text.indexOf("\r\n\r\n", Math.max(0, before - 3));
    if (end === -1) {
      if (this.#text.length > maxHead) this.#fail("a head of more than 64 KiB");
      return bytes.length;
    }
    const head = this.#text.slice(0, end);
    this.#text = "";
    this.#readHead(head);
    return at + end + 4 - before;
  }

  #readHead(head: string): void {
    const lines = head.split("\r\n");
    const start = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(lines[0] ?? "");
    if (start === null) return void this.#fail(`status line ${JSON.stringify(lines[0])}`);
    this.#status = Number(start[2]);
    let keeps = start[1] === "1";
    let length: number | undefined;
    let chunked = false;
    for (let index = 1; index < lines.length; index++) {
      const line = lines[index]!;
      const colon = line.indexOf(":");
      if (colon < 1) return void this.#fail(`header line ${JSON.stringify(line)}`);
      const name = line.slice(0, colon).toLowerCase();
      if (name === "content-length") {
        const value = line.slice(colon + 1).trim();
        if (!/^\d+$/.test(value)) return void this.#fail(`content-length ${value}`);
        if (length !== undefined && length !== Number(value)) return void this.#fail("two content-lengths");
        length = Number(value);
      } else if (name === "transfer-encoding") {
        chunked = /(^|,)\s*chunked$/i.test(line.slice(colon + 1).trim());
      } else if (name === "connection") {
        const value = line.slice(colon + 1).toLowerCase();
        if (value.includes("close")) keeps = false;
        else if (value.includes("keep-alive")) keeps = true;
      }
    }
    // An interim response; the final one follows.
    if (this.#status < 200) return;
    this.#closes = !keeps;
    if (this.method === "HEAD" || this.#status === 204 || this.#status === 304) this.#finish();
    else if (chunked) this.#part = "chunk-size";
    else if (length === undefined) {
      this.#part = "until-close";
      this.#closes = true;
    } else if (length === 0) this.#finish();
    else {
      this.#part = "length";
      this.#missing = length;
    }
  }

  #takeLine(bytes: Uint8Array, at: number): number {
    const end = bytes.indexOf(lf, at);
    const stop = end === -1 ? bytes.length : end;
    this.#text += latin1.decode(bytes.subarray(at, stop));
    if (this.#text.length > maxHead) this.#fail("a line of more than 64 KiB");
    if (end === -1) return bytes.length;
    const line = this.#text;
    this.#text = "";
    if (line.charCodeAt(line.length - 1) === cr) this.#readLine(line.slice(0, -1));
    else this.#fail("a line that does not end in CRLF");
    return end + 1;
  }

  #readLine(line: string): void {
    if (this.#part === "chunk-size") {
      const [, size] = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line) ?? [];
      if (size === undefined) return void this.#fail(`chunk size ${JSON.stringify(line)}`);
      this.#missing = parseInt(size, 16);
      this.#part = this.#missing === 0 ? "trailers" : "chunk-data";
    } else if (this.#part === "chunk-end") {
      if (line === "") this.#part = "chunk-size";
      else this.#fail("a chunk longer than its size");
    } else if (line === "") this.#finish();
  }

  #finish(): void {
    this.#part = "over";
    this.#progress = "complete";
  }

  #fail(mistake: string): Progress {
    this.#part = "over";
    this.#mistake = mistake;
    return this.#progress = "malformed";
  }
}
