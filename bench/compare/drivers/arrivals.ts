/** Open loop: arrivals at random moments, each on a new connection. */

import { denoRun } from "../../support/program.ts";
import { type Outcome, outputOf } from "./outcome.ts";

const program = new URL("arrivals_main.ts", import.meta.url).pathname;

/** `rate` is arrivals per second. */
export async function arrivals(rate: number, port: number, seconds: number, seed: number): Promise<Outcome> {
  const args = [port, rate, seconds, seed].map(String);
  return JSON.parse(await outputOf([...denoRun, "--no-check", program, ...args]));
}

/** For the reader. */
export function arrivalsText(rate: number, seconds: number): string {
  return `bench/compare/drivers/arrivals_main.ts: ${rate} requests per second at random moments for ${seconds} s, ` +
    "each on a new connection, whether or not earlier ones were answered; latency from the moment a request was due.";
}
