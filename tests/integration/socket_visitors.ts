/** Clients of a Unix socket or a port that ask again and again, and keep what became of each request. */

export interface SocketOutcomes {
  answered: number;
  /** No connection was made. */
  refused: number;
  /** It had no whole answer. */
  cut: number;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One answer with a length; `null` if the connection ended before. */
async function answerOf(connection: Deno.Conn): Promise<{ body: string; closes: boolean } | null> {
  const buffer = new Uint8Array(16_384);
  let text = "";
  for (;;) {
    const count = await connection.read(buffer);
    if (count === null) return null;
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
    const body = text.slice(end + 4);
    if (body.length >= length) return { body, closes: /connection: close/i.test(text.slice(0, end)) };
  }
}

/** The path of a Unix socket, or a port of this machine. */
export type Place = string | number;

function connect(place: Place): Promise<Deno.Conn> {
  return typeof place === "string"
    ? Deno.connect({ transport: "unix", path: place })
    : Deno.connect({ hostname: "127.0.0.1", port: place });
}

/** The body of the answer to one request on a connection of its own. Throws if there is none. */
export async function ask(place: Place, head = "GET / HTTP/1.1\r\nHost: app.example"): Promise<string> {
  using connection = await connect(place);
  await connection.write(encoder.encode(`${head}\r\nConnection: close\r\n\r\n`));
  const answer = await answerOf(connection);
  if (answer === null) throw new Error("the connection was closed without an answer");
  return answer.body;
}

export class SocketVisitors {
  readonly outcomes: SocketOutcomes = { answered: 0, refused: 0, cut: 0 };
  readonly bodies = new Map<string, number>();
  readonly #place: Place;
  #isStopping = false;
  readonly #connections = new Set<Deno.Conn>();
  readonly #loops: readonly Promise<void>[];

  /** `keepsConnections`: as proxies do, until an answer says that its connection closes. */
  constructor(place: Place, count: number, keepsConnections: boolean) {
    this.#place = place;
    this.#loops = Array.from({ length: count }, () => this.#visit(keepsConnections));
  }

  async #visit(keepsConnections: boolean): Promise<void> {
    let connection: Deno.Conn | null = null;
    while (!this.#isStopping) {
      try {
        connection ??= await this.#connect();
      } catch {
        this.outcomes.refused++;
        // A refusal takes no time at all.
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      const isKept = await this.#ask(connection, keepsConnections);
      if (isKept) continue;
      this.#close(connection);
      connection = null;
    }
    if (connection !== null) this.#close(connection);
  }

  async #connect(): Promise<Deno.Conn> {
    const connection = await connect(this.#place);
    this.#connections.add(connection);
    return connection;
  }

  #close(connection: Deno.Conn): void {
    if (this.#connections.delete(connection)) connection.close();
  }

  /** Whether the connection can be used again. */
  async #ask(connection: Deno.Conn, keepsConnections: boolean): Promise<boolean> {
    const end = keepsConnections ? "" : "Connection: close\r\n";
    try {
      await connection.write(encoder.encode(`GET / HTTP/1.1\r\nHost: app.example\r\n${end}\r\n`));
      const answer = await answerOf(connection);
      if (answer === null) throw new Error("no answer");
      this.outcomes.answered++;
      this.bodies.set(answer.body, (this.bodies.get(answer.body) ?? 0) + 1);
      return keepsConnections && !answer.closes;
    } catch {
      this.outcomes.cut++;
      return false;
    }
  }

  /** Waits for no answer: there may be no server any more. */
  [Symbol.dispose](): void {
    this.#isStopping = true;
    this.#connections.forEach((connection) => this.#close(connection));
  }

  async stop(): Promise<SocketOutcomes> {
    this.#isStopping = true;
    await Promise.all(this.#loops);
    return this.outcomes;
  }
}
