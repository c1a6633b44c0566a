/**
 * The client for open loops: requests arrive at random (Poisson), each on its own connection, whether or not earlier
 * ones were answered. Latency counts from the moment a request was due. Arguments: port, arrivals per second, seconds,
 * and the seed, with which every server gets the same arrivals.
 */

import { Histogram } from "../../loss/client/histogram.ts";

const [port, rate, seconds, seed] = Deno.args.map(Number) as [number, number, number, number];
const request = new TextEncoder().encode("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
const histogram = new Histogram();
const pending: Promise<void>[] = [];
let failed = 0;
let state = seed;

const began = performance.now() + 50;
const end = began + seconds * 1_000;
for (let due = began + gap(); due < end; due += gap()) {
  const ahead = due - performance.now();
  if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  pending.push(visit(due));
}
await Promise.all(pending);

const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((share) => histogram.quantile(share));
const took = (performance.now() - began) / 1_000;
console.log(JSON.stringify({ requests: pending.length, seconds: took, failed, p50, p90, p99, p999 }));

async function visit(due: number): Promise<void> {
  try {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(request);
    const buffer = new Uint8Array(4_096);
    const first = await connection.read(buffer) ?? 0;
    if (!new TextDecoder().decode(buffer.subarray(0, first)).startsWith("HTTP/1.1 200")) failed++;
    while (await connection.read(buffer) !== null);
    histogram.add(performance.now() - due);
  } catch {
    failed++;
  }
}

/** Milliseconds to the next arrival. */
function gap(): number {
  // mulberry32: short, and random enough for arrivals.
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  const uniform = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  return -Math.log(1 - uniform) * 1_000 / rate;
}
