/**
 * The client, in its own process so that the driver cannot delay it. Its argument holds the options; a line on stdin, or
 * the end of stdin, stops it.
 */

import { Exchange, Run } from "./exchange.ts";
import { openStreams } from "./streams.ts";
import type { LoadOptions, LoadProgress, LoadResult } from "./load_options.ts";

const run = new Run(JSON.parse(Deno.args[0] ?? "") as LoadOptions);
const { options } = run;
const began = performance.now();
let isStopRequested = false;
let outOfTime = false;

void Deno.stdin.read(new Uint8Array(16)).then(() => isStopRequested = true);
const sweeper = setInterval(() => {
  const now = performance.now();
  outOfTime ||= now - began > options.atMost;
  run.sweep(now);
  print({ done: false, requests: run.requests });
}, 50);

const isDone = () => outOfTime || (isStopRequested && run.requests >= options.requests);
if (options.every === null) await closedLoop();
else await openLoop(options.every);
clearInterval(sweeper);

const seconds = (performance.now() - began) / 1_000;
print({
  done: true,
  requests: run.requests,
  seconds: Math.round(seconds * 100) / 100,
  failures: run.failures.counts,
  lost: run.failures.total,
  samples: run.failures.samples,
  latency: run.histogram.percentiles(),
  slow: run.slow,
  reconnects: run.reconnects,
  connects: run.connects,
  outOfTime,
});
Deno.exit(0);

/** Each connection sends the next request when it has its response. */
async function closedLoop(): Promise<void> {
  const { connections, mode } = options;
  const exchanges = mode === "http2"
    ? openStreams(run, connections)
    : Array.from({ length: connections }, () => new Exchange(run));
  await Promise.all(exchanges.map(async (exchange) => {
    while (!isDone()) {
      // Otherwise a server that refuses connections would be counted ten thousand times per second.
      const succeeded = await exchange.once(performance.now());
      if (!succeeded) await pause(5);
      else if (options.rest > 0) await pause(options.rest);
    }
    exchange.close();
  }));
}

/** Starts a request at fixed intervals, however late the responses are. */
async function openLoop(every: number): Promise<void> {
  const pending = new Set<Promise<unknown>>();
  for (let next = performance.now(); !isDone(); next += every) {
    const ahead = next - performance.now();
    if (ahead > 0) await pause(ahead);
    const request = new Exchange(run).once(next);
    pending.add(request);
    void request.finally(() => pending.delete(request));
  }
  await Promise.all(pending);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function print(message: LoadProgress | LoadResult): void {
  console.log(JSON.stringify(message));
}
