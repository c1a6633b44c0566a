/** Closed loop over HTTP/1.1: each connection sends the next request when it has its response. */

import { type Outcome, outputOf } from "./outcome.ts";

export interface WrkOptions {
  readonly connections: number;
  readonly path?: string;
  /** A new connection for each request. */
  readonly close?: boolean;
  /** The body of a POST. */
  readonly body?: string;
}

const script = new URL("wrk.lua", import.meta.url).pathname;

/** The command line, also printed in the report. */
export function wrkCommand(
  { connections, path = "/", close, body }: WrkOptions,
  port: number,
  seconds: number,
) {
  return [
    ...["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "10s", "-s", script],
    ...(close ? ["-H", "Connection: close"] : []),
    `http://127.0.0.1:${port}${path}`,
    ...(body === undefined ? [] : ["--", "POST", body]),
  ];
}

export async function wrk(options: WrkOptions, port: number, seconds: number): Promise<Outcome> {
  const output = await outputOf(wrkCommand(options, port, seconds));
  const { micros, ...rest } = JSON.parse(output.trim().split("\n").at(-1)!);
  return { ...rest, seconds: micros / 1e6 };
}
