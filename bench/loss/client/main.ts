/**
 * The client as a process of its own, so that nothing the driver does delays it. Its orders are its argument; a
 * line on stdin, or its end, says stop.
 */

import { Exchange, Run } from "./exchange.ts";
import type { LoadOrders, LoadProgress, LoadResult } from "./orders.ts";

const run = new Run(JSON.parse(Deno.args[0] ?? "") as LoadOrders);
const { orders } = run;
const began = performance.now();
let told = false;
let outOfTime = false;

void Deno.stdin.read(new Uint8Array(16)).then(() => told = true);
const sweeper = setInterval(() => {
  const now = performance.now();
  outOfTime ||= now - began > orders.atMost;
  run.sweep(now);
  print({ done: false, requests: run.requests });
}, 50);

const over = () => outOfTime || (told && run.requests >= orders.requests);
if (orders.every === null) await closedLoop();
else await openLoop(orders.every);
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

/** Each connection asks again when it has its answer. */
async function closedLoop(): Promise<void> {
  await Promise.all(Array.from({ length: orders.connections }, async () => {
    const exchange = new Exchange(run);
    while (!over()) {
      // A server that refuses would otherwise be asked, and counted, ten thousand times a second.
      if (!await exchange.once(performance.now())) await pause(5);
    }
    exchange.close();
  }));
}

/** A request at every appointed moment, however late the answers to those before. */
async function openLoop(every: number): Promise<void> {
  const pending = new Set<Promise<unknown>>();
  for (let next = performance.now(); !over(); next += every) {
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
