/** Requests of HTTP/2 without TLS: several at a time on one connection. */

import type { Run } from "./exchange.ts";

/** Streams of one connection. */
const perConnection = 4;

/** Makes one request at a time. A client ends, and connects again, when it is asked to by a GOAWAY. */
export class Stream {
  readonly #run: Run;
  readonly #client: Deno.HttpClient;

  constructor(run: Run, client: Deno.HttpClient) {
    this.#run = run;
    this.#client = client;
  }

  /** Makes one request and returns whether it succeeded. Its latency is counted from `began`. */
  async once(began: number): Promise<boolean> {
    const run = this.#run;
    const { hostname, port, path, timeout } = run.options;
    const started = Date.now();
    try {
      const response = await fetch(`http://${hostname}:${port}${path}`, {
        client: this.#client,
        signal: AbortSignal.timeout(timeout),
      });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      run.answered(performance.now() - began);
      return true;
    } catch (error) {
      run.requests++;
      const detail = error instanceof Error ? `${error.message} ${error.cause ?? ""}` : String(error);
      run.failures.add({ at: Date.now(), kind: "stream", detail, began: started });
      return false;
    }
  }

  close(): void {}
}

/** `count` streams. */
export function openStreams(run: Run, count: number): Stream[] {
  const clients = Array.from(
    { length: Math.ceil(count / perConnection) },
    () => Deno.createHttpClient({ http1: false, http2: true }),
  );
  return Array.from({ length: count }, (_, index) => new Stream(run, clients[index % clients.length]!));
}
