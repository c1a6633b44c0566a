/** Closed loop over HTTP/2 without TLS: several streams on each of a few connections. */

import { type Outcome, outputOf } from "./outcome.ts";

export interface H2LoadOptions {
  readonly connections: number;
  readonly streams: number;
}

/** `program` is the path of h2load, `env` what it needs to find its libraries. */
export async function h2load(
  { connections, streams }: H2LoadOptions,
  port: number,
  seconds: number,
  program: string,
  env: Record<string, string>,
): Promise<Outcome> {
  const args = ["-c", `${connections}`, "-m", `${streams}`, "-D", `${seconds}`, "--warm-up-time", "0"];
  const output = await outputOf([program, ...args, `http://127.0.0.1:${port}/`], env);
  const number = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? NaN);
  return {
    requests: number(/(\d+) succeeded/),
    seconds,
    failed: number(/(\d+) failed/) + number(/(\d+) errored/),
  };
}
