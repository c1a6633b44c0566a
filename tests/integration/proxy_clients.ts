/** Clients of a proxy, of each kind that an operation on the server behind it could hurt. */

import { ResponseReader } from "../../bench/loss/client/response.ts";
import { until } from "./harness.ts";
import type { Proxy } from "./proxies.ts";

/** What the app of these clients answers: see `answeringApp`. */
export const answeringApp = `
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const encoder = new TextEncoder();

export default async (request, info) => {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/upload": {
      let size = 0;
      for await (const bytes of request.body) size += bytes.length;
      return new Response("got " + size);
    }
    case "/slow":
      await pause(Number(searchParams.get("ms")));
      return new Response("slow");
    case "/events": {
      const events = async function* () {
        for (let number = 0; number < 10; number++) {
          yield encoder.encode("data: " + number + "\\n\\n");
          await pause(60);
        }
      };
      return new Response(ReadableStream.from(events()), {
        headers: { "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" },
      });
    }
    case "/echo": {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    }
    case "/once": {
      const status = searchParams.get("status");
      try {
        Deno.writeTextFileSync(request.method + status, "", { createNew: true });
      } catch {
        return new Response("answered");
      }
      return new Response("failed", { status: Number(status) });
    }
    case "/who":
      return Response.json({
        remote: info.remoteAddr.hostname,
        url: request.url,
        forwarded: request.headers.get("forwarded"),
        pid: Deno.pid,
      });
  }
  return new Response(String(Deno.pid));
};
`;

/** One request of a client that is repeated, and the body of its answer. */
interface Ask {
  readonly path: string;
  readonly body?: number;
  readonly expected: RegExp;
  /** A new connection for each request. */
  readonly isNew?: boolean;
}

const upload = 120_000;
const burst = 16;

const asks: Readonly<Record<string, Ask>> = {
  "keep-alive": { path: "/", expected: /^\d+$/ },
  "new connections": { path: "/", expected: /^\d+$/, isNew: true },
  uploads: { path: "/upload", body: upload, expected: new RegExp(`^got ${upload}$`) },
  "slow answers": { path: "/slow?ms=120", expected: /^slow$/ },
  "server-sent events": {
    path: "/events",
    expected: new RegExp(Array.from({ length: 10 }, (_, number) => `data: ${number}\\n\\n`).join("[^]*")),
  },
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A connection of HTTP/1.1 over TLS that repeats nothing by itself, unlike `fetch`. */
class Connection {
  readonly #stream: Deno.TlsConn;
  readonly #reader = new ResponseReader();
  readonly #buffer = new Uint8Array(32_768);

  private constructor(stream: Deno.TlsConn) {
    this.#stream = stream;
  }

  static async open({ port, authority }: Pick<Proxy, "port" | "authority">): Promise<Connection> {
    const stream = await Deno.connectTls({
      hostname: "localhost",
      port,
      caCerts: [authority],
      alpnProtocols: ["http/1.1"],
    });
    return new Connection(stream);
  }

  /** Returns whether the connection may be used again. Throws what has failed. */
  async ask({ path, body = 0, expected }: Ask): Promise<boolean> {
    const head = `${body > 0 ? "POST" : "GET"} ${path} HTTP/1.1\r\nhost: localhost\r\n` +
      (body > 0 ? `content-length: ${body}\r\n` : "");
    await this.#write(encoder.encode(`${head}\r\n`));
    if (body > 0) await this.#write(new Uint8Array(body).fill(120));
    const reader = this.#reader;
    reader.reset();
    let text = "";
    for (;;) {
      const count = await this.#stream.read(this.#buffer);
      const bytes = this.#buffer.subarray(0, count ?? 0);
      text += decoder.decode(bytes);
      const progress = count === null ? reader.end() : reader.push(bytes);
      if (progress === "complete") break;
      if (progress === "malformed") throw new Error(`malformed: ${reader.mistake}`);
      if (count === null) throw new Error(reader.begun ? "cut off" : "closed without an answer");
    }
    const answer = text.slice(text.indexOf("\r\n\r\n") + 4);
    if (reader.status !== 200) throw new Error(`status ${reader.status}`);
    if (!expected.test(answer)) throw new Error(`unexpected answer: ${answer.slice(0, 200)}`);
    return !reader.closes;
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#stream.write(bytes.subarray(at));
  }

  close(): void {
    try {
      this.#stream.close();
    } catch {
      // It is closed already.
    }
  }
}

/** Kinds of clients that only read and get their answers whole: what failed before its answer may be asked again. */
export const readers = ["keep-alive", "new connections", "slow answers"];

interface Failure {
  /** Milliseconds since 1970. */
  readonly began: number;
  readonly ended: number;
  readonly text: string;
}

export interface LoadReport {
  /** Requests by kind of client. */
  readonly asked: Readonly<Record<string, number>>;
  /** The client, and what has failed. */
  readonly failures: readonly string[];
  /** Those of requests that were over before `from`, or began later than `to`. In milliseconds since 1970. */
  failuresOutside(from: number, to: number): readonly string[];
}

/** Clients of all kinds, until `end` is called. */
export class ProxyLoad {
  readonly #proxy: Proxy;
  readonly #asked: Record<string, number> = {};
  readonly #failures: Failure[] = [];
  readonly #loops: Promise<void>[];
  readonly #http2: Deno.HttpClient;
  #isOver = false;

  constructor(proxy: Proxy, kinds: readonly string[] = Object.keys(asks)) {
    this.#proxy = proxy;
    this.#http2 = Deno.createHttpClient({ caCerts: [proxy.authority], http1: false, http2: true });
    this.#loops = [
      ...kinds.flatMap((kind) => [this.#repeat(kind), this.#repeat(kind)]),
      ...[1, 2, 3, 4].map(() => this.#askByHttp2()),
      this.#burst(),
    ];
  }

  /** Waits until `count` more requests were made, of one kind or of all. */
  more(count: number, kind?: string): Promise<unknown> {
    const made = () =>
      kind === undefined
        ? Object.values(this.#asked).reduce((sum, count) => sum + count, 0)
        : this.#asked[kind] ?? 0;
    const goal = made() + count;
    const explain = () =>
      this.#failures.map(({ text }) => `${text}\n`).join("") + this.#proxy.log.slice(-5_000);
    return until(`${count} more requests`, () => made() >= goal, { explain });
  }

  /** Waits for longer than a proxy keeps an idle connection to the server. */
  rest(): Promise<unknown> {
    return this.more(3 * burst, "bursts");
  }

  #count(kind: string): void {
    this.#asked[kind] = (this.#asked[kind] ?? 0) + 1;
  }

  #fail(kind: string, began: number, error: unknown): void {
    const { message } = error instanceof Error ? error : new Error(String(error));
    const ended = Date.now();
    const text = `${new Date(ended).toISOString().slice(14, 23)} ${kind}, after ${
      ended - began
    } ms: ${message}`;
    this.#failures.push({ began, ended, text });
  }

  async #repeat(kind: string): Promise<void> {
    const ask = asks[kind]!;
    let connection: Connection | undefined;
    while (!this.#isOver) {
      const began = Date.now();
      try {
        connection ??= await Connection.open(this.#proxy);
        const keeps = await connection.ask(ask);
        if (keeps && ask.isNew !== true) continue;
      } catch (error) {
        this.#fail(kind, began, error);
      } finally {
        this.#count(kind);
        // A pause leaves the machine to the server.
        await pause(2);
      }
      connection?.close();
      connection = undefined;
    }
    connection?.close();
  }

  async #askByHttp2(): Promise<void> {
    while (!this.#isOver) {
      const began = Date.now();
      try {
        const response = await fetch(this.#proxy.url, { client: this.#http2 });
        const text = await response.text();
        if (response.status !== 200 || !/^\d+$/.test(text)) throw new Error(`${response.status} ${text}`);
      } catch (error) {
        this.#fail("HTTP/2", began, error);
      }
      this.#count("HTTP/2");
      await pause(2);
    }
  }

  /** Many at once, and then none: connections that the proxy keeps are idle for a while and then all used. */
  async #burst(): Promise<void> {
    const connections: (Connection | undefined)[] = Array.from({ length: burst });
    while (!this.#isOver) {
      const began = Date.now();
      await Promise.all(connections.map(async (_, index) => {
        try {
          const connection = connections[index] ??= await Connection.open(this.#proxy);
          if (await connection.ask({ path: "/slow?ms=20", expected: /^slow$/ })) return;
        } catch (error) {
          this.#fail("bursts", began, error);
        } finally {
          this.#count("bursts");
        }
        connections[index]?.close();
        connections[index] = undefined;
      }));
      // Around drain-idle, after which a worker that drains may close an idle connection.
      await pause(300 + Math.random() * 400);
    }
    connections.forEach((connection) => connection?.close());
  }

  async end(): Promise<LoadReport> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    this.#http2.close();
    const textsOf = (failures: readonly Failure[]) => failures.map(({ text }) => text);
    return {
      asked: this.#asked,
      failures: textsOf(this.#failures),
      failuresOutside: (from, to) =>
        textsOf(this.#failures.filter(({ began, ended }) => ended < from || began > to)),
    };
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
