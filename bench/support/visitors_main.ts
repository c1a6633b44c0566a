/**
 * Opens a connection to the port in the first argument every few milliseconds, sends a request and reads the response,
 * until its standard input ends. Prints a line whenever a visit has ended, and at the end what became of all as JSON.
 */

import type { Visit } from "./visitors.ts";

const port = Number(Deno.args[0]);
const interval = 5;
/** Milliseconds; longer than the kernel needs to send a lost segment several times. */
const timeout = 20_000;
const request = new TextEncoder().encode("GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");

const visits: Promise<Visit>[] = [];
let isOver = false;
void Deno.stdin.readable.pipeTo(new WritableStream()).finally(() => isOver = true);
while (!isOver) {
  const made = visit();
  visits.push(made);
  void made.then(() => console.log("visit"));
  await new Promise((resolve) => setTimeout(resolve, interval));
}
console.log(JSON.stringify(await Promise.all(visits)));

async function visit(): Promise<Visit> {
  const began = now();
  const seen = (outcome: Visit["outcome"]): Visit => ({ began, outcome, took: now() - began });
  let connection: Deno.TcpConn | undefined;
  const timer = setTimeout(() => connection?.close(), timeout);
  try {
    connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(request);
    const text = await new Response(connection.readable).text();
    connection = undefined;
    return seen(text.startsWith("HTTP/1.1 200") ? "answered" : "cut");
  } catch (error) {
    return seen(error instanceof Deno.errors.ConnectionRefused ? "refused" : "cut");
  } finally {
    clearTimeout(timer);
    try {
      connection?.close();
    } catch {
      // The stream has closed it.
    }
  }
}

/** Milliseconds since 1970, with fractions. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
