/** Starts the client process, follows its progress and stops it. */

import type { LoadOptions, LoadProgress, LoadResult } from "./load_options.ts";
import { readLines } from "../lines.ts";

const program = new URL("main.ts", import.meta.url).pathname;

const defaults = {
  hostname: "127.0.0.1",
  path: "/",
  mode: "new",
  connections: 16,
  every: null,
  rest: 0,
  requests: 0,
  atMost: 120_000,
  timeout: 10_000,
  slow: 250,
} as const satisfies Partial<LoadOptions>;

export type GivenOptions = Partial<LoadOptions> & Pick<LoadOptions, "port">;

export class Load {
  readonly #process: Deno.ChildProcess;
  readonly #result: Promise<LoadResult>;
  /** Requests made so far; updated every 50 ms. */
  requests = 0;
  ended = false;

  constructor(given: GivenOptions) {
    const options: LoadOptions = { ...defaults, ...given };
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", "--no-config", program, JSON.stringify(options)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#result = this.#follow();
  }

  async #follow(): Promise<LoadResult> {
    let result: LoadResult | undefined;
    await readLines(this.#process.stdout, (line) => {
      const message = JSON.parse(line) as LoadProgress | LoadResult;
      this.requests = message.requests;
      if (message.done) result = message;
    });
    this.ended = true;
    await this.#process.status;
    if (result === undefined) throw new Error("the client ended without a result");
    return result;
  }

  /** Waits until `count` requests were made, or the client has ended. */
  async made(count: number): Promise<void> {
    while (this.requests < count && !this.ended) await pause(20);
  }

  /** Stops the load once it has made the requested number of requests, and returns the result. */
  async stop(): Promise<LoadResult> {
    try {
      await this.#process.stdin.close();
    } catch {
      // The client has already ended, because it ran out of time.
    }
    return await this.#result;
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}
