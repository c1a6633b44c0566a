/**
 * The client for mixed requests that arrive at random, whether or not earlier ones were answered. Arguments: port, arrivals
 * per second, seconds, seed, and `new` for a connection each, or `kept` for one that was kept from an earlier request if
 * one is free, as proxies do. Prints percentiles, in milliseconds from the moment a request was due.
 */

import { Histogram } from "../loss/client/histogram.ts";
import { exponential, seeded } from "../../tests/simulation/random.ts";

const [port, rate, seconds, seed] = Deno.args.map(Number) as [number, number, number, number];
const isKeeping = Deno.args[4] === "kept";
const random = seeded(seed);
/** Of a hundred requests. */
const shares = [["/report", 2], ["/page", 28], ["/alive", 70]] as const;
const histograms = { "/report": new Histogram(), "/page": new Histogram(), "/alive": new Histogram() };
const idle: Deno.TcpConn[] = [];
const pending: Promise<void>[] = [];
/** Beginnings of what came in place of a 200. */
const failures: string[] = [];

const began = performance.now() + 50;
const end = began + seconds * 1_000;
for (let due = began + exponential(random, rate); due < end; due += exponential(random, rate)) {
  const ahead = due - performance.now();
  if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
  pending.push(visit(pathOf(100 * random()), due));
}
await Promise.all(pending);

const percentiles = Object.fromEntries(
  Object.entries(histograms).map(([path, histogram]) => [
    path,
    { p50: histogram.quantile(0.5), p99: histogram.quantile(0.99) },
  ]),
);
console.log(JSON.stringify({ requests: pending.length, failures, percentiles }));
Deno.exit();

function pathOf(percent: number): keyof typeof histograms {
  let sum = 0;
  return shares.find(([, share]) => percent < (sum += share))?.[0] ?? "/alive";
}

async function visit(path: keyof typeof histograms, due: number): Promise<void> {
  try {
    // A kept connection that its server has ended meanwhile is no failure: clients take another one.
    const kept = idle.pop();
    const answer = (kept !== undefined && await ask(kept, path).catch(() => "")) ||
      await ask(await Deno.connect({ hostname: "127.0.0.1", port }), path);
    if (!answer.startsWith("HTTP/1.1 200")) failures.push(answer.slice(0, 12) || "nothing");
    histograms[path].add(performance.now() - due);
  } catch (error) {
    failures.push(String(error));
  }
}

/** The answer; empty if there is none. */
async function ask(connection: Deno.TcpConn, path: string): Promise<string> {
  const field = isKeeping ? "" : "connection: close\r\n";
  await connection.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\nhost: localhost\r\n${field}\r\n`));
  const buffer = new Uint8Array(4_096);
  let text = "";
  while (!/\r\n\r\n./.test(text)) {
    const count = await connection.read(buffer);
    if (count === null) break;
    text += new TextDecoder().decode(buffer.subarray(0, count));
  }
  if (isKeeping && text !== "" && !/^connection: *close/im.test(text)) idle.push(connection);
  else connection.close();
  return text;
}
