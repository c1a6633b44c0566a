/**
 * Raw requests with what is expected of them, from `http_corpus/`: how a file is read, how a request is sent, and what
 * became of it. Where the connection is to stay open, one more request is sent right behind it, the probe, and is to be
 * answered.
 */

const folder = new URL("http_corpus/", import.meta.url);

interface Accepted {
  readonly target: string;
  readonly isAlways: boolean;
  readonly outcome: string;
  readonly reason: string;
}

export interface Case {
  readonly title: string;
  readonly rfc: string;
  /** One of these, such as `200 "GET /x|" open`. */
  readonly expected: readonly string[];
  /** What happens although it should not, on one of the targets or both, always or sometimes, and why. */
  readonly accepted: readonly Accepted[];
  readonly isHalfClosed: boolean;
  /** Whether the connection may be open after it. */
  readonly isOpen: boolean;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The cases of `valid.txt` or `invalid.txt`. */
export function readCases(name: string): Case[] {
  const [, ...blocks] = Deno.readTextFileSync(new URL(name, folder)).split(/^## /m);
  return blocks.map((block) => {
    const [head, ...rest] = block.split("\n\n");
    const [title, rfc, expected, ...options] = head!.split("\n");
    return {
      title: title!,
      rfc: rfc!,
      expected: alternatives(expected!.replace("-> ", "")),
      accepted: options.flatMap((option) => {
        const found = /^(accepted|sometimes)(?: (source|binary))?: (.*) \| (.*)$/.exec(option);
        if (found === null) return [];
        const [, when, target = "", outcome, reason] = found;
        return [{ target, isAlways: when === "accepted", outcome: outcome!, reason: reason! }];
      }),
      isOpen: expected!.includes("open") ||
        options.some((option) => /^(accepted|sometimes).* open \|/.test(option)),
      isHalfClosed: options.includes("half-close"),
      bytes: bytesOf(rest.join("\n\n").replaceAll("\n", "")),
    };
  });
}

/** `400|501 close` is `400 close` or `501 close`. */
function alternatives(text: string): string[] {
  const words = text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
  return words.reduce<string[]>((found, word) => {
    const choices = word.startsWith('"') ? [word] : word.split("|");
    return found.flatMap((start) => choices.map((choice) => `${start} ${choice}`.trim()));
  }, [""]);
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const repeated = text.replace(
    /\{\{(.*?)\*(\d+)\}\}/g,
    (_, part: string, count: string) => part.repeat(Number(count)),
  );
  const escapes: Record<string, string> = { r: "\r", n: "\n", t: "\t", "\\": "\\" };
  const plain = repeated.replace(
    /\\(?:x([0-9a-f]{2})|([rnt\\]))/g,
    (_, code: string | undefined, letter: string) =>
      code === undefined ? escapes[letter]! : String.fromCharCode(parseInt(code, 16)),
  );
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}

const probe = new TextEncoder().encode("GET /probe HTTP/1.1\r\nHost: probe\r\nConnection: close\r\n\r\n");
const latin1 = new TextDecoder("latin1");

/** Milliseconds. What is neither answered nor closed within this hangs. */
const deadline = 10_000;

/** How the bytes of a request are cut into writes. */
export type Cut = (bytes: Uint8Array<ArrayBuffer>) => Iterable<Uint8Array<ArrayBuffer>>;

/** What became of it: the statuses, and whether the connection was open after that, such as `200 open`. */
export async function outcomeOf(
  port: number,
  { bytes, isHalfClosed, isOpen: isToBeOpen, title }: Case,
  cut: Cut,
): Promise<{ readonly statuses: string; readonly bodies: readonly string[] }> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  const received = receive(connection);
  try {
    for (const part of cut(bytes)) await write(connection, part);
    if (isHalfClosed) await connection.closeWrite();
    else if (isToBeOpen) await write(connection, probe);
  } catch {
    // The server has closed the connection already.
  }
  const timer = setTimeout(() => connection.close(), deadline);
  const { text, hasEnded } = await received;
  clearTimeout(timer);
  if (hasEnded) connection.close();
  const answers = answersIn(text, title.startsWith("HEAD"));
  const isOpen = answers.at(-1)?.body === "GET /probe|";
  if (isOpen) answers.pop();
  const statuses = answers.map(({ status }) => status).join(" ") || "none";
  return {
    statuses: `${statuses} ${!hasEnded ? "hangs" : isOpen ? "open" : "close"}`,
    bodies: answers.map(({ body }) => body),
  };
}

async function write(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

async function receive(connection: Deno.TcpConn): Promise<{ text: string; hasEnded: boolean }> {
  const buffer = new Uint8Array(65_536);
  let text = "";
  try {
    for (let count = await connection.read(buffer); count !== null; count = await connection.read(buffer)) {
      text += latin1.decode(buffer.subarray(0, count));
    }
  } catch (error) {
    // Closed here, because it hung; otherwise reset by the server.
    return {
      text,
      hasEnded: !(error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.BadResource),
    };
  }
  return { text, hasEnded: true };
}

/** The answers in what was received. The first of several to HEAD has no body. */
function answersIn(text: string, isFirstHead: boolean): { status: string; body: string }[] {
  const found: { status: string; body: string }[] = [];
  for (let rest = text; rest !== "";) {
    const end = rest.indexOf("\r\n\r\n");
    const head = /^HTTP\/1\.[01] (\d{3})/.exec(rest);
    if (head === null || end < 0) return [...found, { status: "garbage", body: rest }];
    const status = head[1]!;
    const fields = rest.slice(0, end).toLowerCase();
    const isEmpty = /^(1\d\d|204|304)$/.test(status) || (isFirstHead && found.length === 0);
    rest = rest.slice(end + 4);
    if (status === "101") return [...found, { status, body: rest }];
    if (isEmpty) {
      found.push({ status, body: "" });
      continue;
    }
    const length = /\r\ncontent-length: *(\d+)/.exec(fields);
    if (length !== null) {
      found.push({ status, body: rest.slice(0, Number(length[1])) });
      rest = rest.slice(Number(length[1]));
    } else if (/\r\ntransfer-encoding: *chunked/.test(fields)) {
      const close = rest.indexOf("0\r\n\r\n");
      found.push({ status, body: rest.slice(0, close) });
      rest = rest.slice(close + 5);
    } else return [...found, { status, body: rest }];
  }
  return found;
}
