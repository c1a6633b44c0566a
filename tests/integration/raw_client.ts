/** A client that sends bytes as it likes, and keeps what it gets. */

import { until } from "./harness.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class RawClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  /** What it has got so far. */
  text = "";
  /** Milliseconds from its connection until that was closed; `null` while it is open. */
  closedAfter: number | null = null;
  readonly #start = performance.now();

  private constructor(connection: Deno.TcpConn, isReading: boolean) {
    this.#connection = connection;
    if (isReading) void this.#read();
  }

  /** Without `isReading` it takes nothing of what the server sends. */
  static async connect(port: number, text = "", isReading = true): Promise<RawClient> {
    const client = new RawClient(await Deno.connect({ hostname: "127.0.0.1", port }), isReading);
    if (text !== "") await client.send(text);
    return client;
  }

  /** Takes what it has not taken so far, and all that comes. */
  async drain(): Promise<void> {
    await this.#read();
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    try {
      for (;;) {
        const count = await this.#connection.read(buffer);
        if (count === null) break;
        this.text += decoder.decode(buffer.subarray(0, count));
      }
    } catch {
      // It was reset.
    }
    this.closedAfter = performance.now() - this.#start;
  }

  /** False if the connection is closed. */
  send(text: string): Promise<boolean> {
    return this.#send(encoder.encode(text));
  }

  /** One byte for each character. */
  sendBytes(text: string): Promise<boolean> {
    return this.#send(Uint8Array.from(text, (character) => character.charCodeAt(0)));
  }

  async #send(bytes: Uint8Array<ArrayBuffer>): Promise<boolean> {
    try {
      while (bytes.length > 0) {
        bytes = bytes.subarray(await this.#connection.write(bytes));
      }
      return true;
    } catch {
      return false;
    }
  }

  /** Sends nothing more, and goes on reading. */
  endSending(): Promise<void> {
    return this.#connection.closeWrite();
  }

  received(pattern: RegExp): Promise<unknown> {
    return until(`${pattern} from the server`, () => pattern.test(this.text), { explain: () => this.text });
  }

  /** Resolves to the milliseconds after which it was closed. */
  closed(): Promise<number> {
    return until("the end of the connection", () => this.closedAfter ?? undefined, {
      explain: () => this.text,
    });
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // It is closed already.
    }
  }
}
