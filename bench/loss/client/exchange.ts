/** One request and its response on a TCP connection, with a deadline. */

import { setImmediate } from "node:timers";
import { type FailureKind, Failures, kindOf } from "./failure.ts";
import { Histogram } from "./histogram.ts";
import type { LoadOptions } from "./load_options.ts";
import { ResponseReader } from "./response.ts";

/** The state shared by all requests of a run. */
export class Run {
  readonly failures = new Failures();
  readonly histogram = new Histogram();
  requests = 0;
  slow = 0;
  reconnects = 0;
  connects = 0;
  /** Exchanges that wait for the network, the only ones that can be overdue. */
  readonly waiting = new Set<Exchange>();
  readonly request: Uint8Array;

  constructor(readonly options: LoadOptions) {
    const { path, hostname, port, mode } = options;
    const connection = mode === "new" ? "connection: close\r\n" : "";
    this.request = new TextEncoder().encode(
      `GET ${path} HTTP/1.1\r\nhost: ${hostname}:${port}\r\n${connection}\r\n`,
    );
  }

  answered(ms: number): void {
    this.requests++;
    this.histogram.add(ms);
    if (ms > this.options.slow) this.slow++;
  }

  /** Ends overdue exchanges. One timer for all: a timer per request would cost a third of the speed. */
  sweep(now: number): void {
    for (const exchange of this.waiting) if (exchange.deadline <= now) exchange.giveUp();
  }
}

/** Makes one request at a time, and keeps the connection if it may be reused. */
export class Exchange {
  readonly #run: Run;
  readonly #reader = new ResponseReader();
  readonly #buffer = new Uint8Array(16 * 1024);
  #connection: Deno.TcpConn | undefined;
  /** A read that was started while the connection was idle, and its error. */
  #ahead: Promise<number | null> | undefined;
  #broken: unknown;
  #gaveUp = false;
  #began = 0;
  #port: number | undefined;
  #connected: number | undefined;
  deadline = 0;

  constructor(run: Run) {
    this.#run = run;
  }

  /** Makes one request and returns whether it succeeded. Its latency is counted from `began`. */
  async once(began: number): Promise<boolean> {
    const run = this.#run;
    const { hostname, port, timeout } = run.options;
    const reader = this.#reader;
    const reused = await this.#isUsable();
    let sent = false;
    let error: unknown = null;
    reader.reset();
    this.#gaveUp = false;
    this.#began = began;
    if (!reused) this.#port = this.#connected = undefined;
    this.deadline = performance.now() + timeout;
    run.waiting.add(this);
    try {
      if (!reused) {
        run.connects++;
        this.#connection = await Deno.connect({ hostname, port });
        this.#port = this.#connection.localAddr.port;
        this.#connected = Date.now();
        if (performance.now() > this.deadline) this.giveUp();
      }
      if (this.#broken !== undefined) throw this.#broken;
      const connection = this.#connection!;
      await connection.write(run.request);
      sent = true;
      for (;;) {
        const count = await (this.#ahead ?? connection.read(this.#buffer));
        this.#ahead = undefined;
        const progress = count === null ? reader.end() : reader.push(this.#buffer.subarray(0, count));
        if (progress === "complete") return this.#complete(began);
        if (progress === "malformed") return this.#failed("malformed", reader.mistake);
        if (count === null) break;
      }
    } catch (thrown) {
      error = thrown;
    } finally {
      run.waiting.delete(this);
    }
    if (this.#gaveUp) return this.#failed("time-out", `${timeout} ms`);
    const kind = kindOf(error, { sent, begun: reader.begun, reused });
    return this.#failed(kind, error === null ? "" : String(error));
  }

  #complete(began: number): boolean {
    const { status, closes } = this.#reader;
    if (status !== 200) return this.#failed("status", String(status));
    this.#run.answered(performance.now() - began);
    if (closes || this.#run.options.mode === "new") this.close();
    return true;
  }

  #failed(kind: FailureKind, detail: string): boolean {
    const at = Date.now();
    const began = Math.floor(at - (performance.now() - this.#began));
    this.#run.requests++;
    this.#run.failures.add({ at, kind, detail, began, port: this.#port, connected: this.#connected });
    this.close();
    return false;
  }

  /** Whether there is a connection that is still open, as far as one turn of the event loop can show. */
  async #isUsable(): Promise<boolean> {
    const connection = this.#connection;
    if (connection === undefined) return false;
    const ahead = connection.read(this.#buffer);
    this.#ahead = ahead;
    let ended = false;
    ahead.then((count) => ended = count === null, (error) => this.#broken = error);
    await turn();
    if (!ended) return true;
    // The server closed it between two requests, so nothing was lost.
    this.#run.reconnects++;
    this.close();
    return false;
  }

  giveUp(): void {
    this.#gaveUp = true;
    this.close();
  }

  close(): void {
    try {
      this.#connection?.close();
    } catch {
      // Already closed by the time-out.
    }
    this.#connection = undefined;
    this.#ahead = undefined;
    this.#broken = undefined;
  }
}

/** Lets the event loop poll its sockets once. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
