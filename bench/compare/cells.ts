/** What is measured: one line a cell. Peers that cannot run a cell's app, or are not installed, are left out. */

import type { PeerName } from "./peers.ts";
import type { H2LoadOptions } from "./drivers/h2load.ts";
import type { WrkOptions } from "./drivers/wrk.ts";
import type { App } from "./setup/apps.ts";

export type Load =
  | { readonly driver: "wrk"; readonly options: WrkOptions }
  | { readonly driver: "h2load"; readonly options: H2LoadOptions }
  /** Open loop; `rate` is arrivals per second. */
  | { readonly driver: "arrivals"; readonly rate: number }
  /** From the start to the first answer. */
  | { readonly driver: "boot" }
  /** Open loop, during which the server reloads; `rate` is arrivals per second. */
  | { readonly driver: "reload"; readonly rate: number }
  /** The only worker is killed. */
  | { readonly driver: "kill" }
  /** No request at all; `idle` is the first process's share of a core, in percent. */
  | { readonly driver: "idle" };

export interface Cell {
  readonly name: string;
  readonly app: App;
  readonly workers: number;
  readonly load: Load;
  readonly peers: readonly PeerName[];
  /** The peer that ratios refer to. */
  readonly yardstick: PeerName;
  /** Rounds and seconds in `make bench-quick`, of which the cell is a part. */
  readonly quick?: { readonly rounds: number; readonly seconds: number; readonly peers: readonly PeerName[] };
  /** Factor for the seconds of `make bench`: percentiles of few requests need more. */
  readonly longer?: number;
}

const family = [
  "bare Deno.serve",
  "denicorn source",
  "bare Deno.serve, compiled",
  "denicorn binary",
] as const satisfies readonly PeerName[];
const logged = ["denicorn source, access log", "denicorn binary, access log"] as const;
const javascript = [
  "deno serve",
  "deno serve --parallel",
  "Node cluster",
  "PM2 cluster",
  "Bun, reusePort",
] as const;
const others = ["Gunicorn sync", "Gunicorn gthread", "Puma", "uvicorn"] as const;
const kept = (path = "/", body?: string): Load => ({
  driver: "wrk",
  options: { connections: 64, path, ...(body === undefined ? {} : { body }) },
});
const order = JSON.stringify({ items: [{ price: 5, count: 2 }, { price: 7, count: 1 }] });
const steering = ["denicorn source", "denicorn binary", "deno serve --parallel"] as const;

export const cells: readonly Cell[] = [
  {
    name: "hello, kept connections",
    app: "hello",
    workers: 2,
    load: kept(),
    peers: [...family, ...logged],
    yardstick: "bare Deno.serve",
    quick: { rounds: 3, seconds: 2, peers: [...family, ...logged] },
  },
  {
    name: "hello, new connections",
    app: "hello",
    workers: 2,
    load: { driver: "wrk", options: { connections: 64, close: true } },
    peers: [...family, "deno serve --parallel", "Node cluster"],
    yardstick: "bare Deno.serve",
    quick: { rounds: 3, seconds: 1, peers: family },
  },
  {
    name: "boot to the first answer",
    app: "hello",
    workers: 2,
    load: { driver: "boot" },
    peers: [...family, "deno run, version of the binary", "Node cluster"],
    yardstick: "deno run, version of the binary",
    quick: { rounds: 7, seconds: 0, peers: ["deno run, version of the binary", ...family] },
  },
  ...[2, 4].map((workers): Cell => ({
    name: `8 ms of computing, 140/s, ${workers} workers`,
    app: "computing",
    workers,
    load: { driver: "arrivals", rate: 140 },
    peers: ["bare Deno.serve", ...steering, "Node cluster", ...others],
    yardstick: "deno serve --parallel",
    longer: 2,
    ...(workers === 2
      ? {
        quick: {
          rounds: 3,
          seconds: 3,
          peers: ["denicorn source", "deno serve --parallel", "Gunicorn sync"],
        },
      }
      : {}),
  })),
  {
    name: "1 % × 50 ms, new connections, 4 workers",
    app: "mixed",
    workers: 4,
    load: { driver: "wrk", options: { connections: 32, close: true } },
    peers: ["bare Deno.serve", ...steering, "Node cluster", ...others],
    yardstick: "deno serve --parallel",
    quick: { rounds: 3, seconds: 2, peers: ["denicorn source", "deno serve --parallel"] },
  },
  {
    name: "reload under 200/s, new connections",
    app: "tiny",
    workers: 2,
    load: { driver: "reload", rate: 200 },
    peers: ["denicorn source", "denicorn binary", "nginx", "Gunicorn gthread", "Puma"],
    yardstick: "denicorn source",
  },
  {
    name: "the only worker is killed",
    app: "tiny",
    workers: 1,
    load: { driver: "kill" },
    peers: ["denicorn source", "denicorn binary", "PM2 cluster", "nginx", "Gunicorn gthread", "Puma"],
    yardstick: "denicorn source",
  },
  {
    name: "64 idle workers",
    app: "tiny",
    workers: 64,
    load: { driver: "idle" },
    peers: ["denicorn source", "denicorn binary"],
    yardstick: "denicorn source",
  },
  {
    name: "tiny, kept connections",
    app: "tiny",
    workers: 2,
    load: kept(),
    peers: [...family, ...javascript, "nginx", ...others],
    yardstick: "bare Deno.serve",
  },
  {
    name: "tiny, HTTP/2",
    app: "tiny",
    workers: 2,
    load: { driver: "h2load", options: { connections: 16, streams: 8 } },
    peers: [...family, "deno serve --parallel"],
    yardstick: "bare Deno.serve",
  },
  ...([
    ["a route with JSON", kept("/users/7")],
    ["JSON in and out", kept("/users/7/orders", order)],
    ["a body of 10 kB", kept("/page")],
  ] as const).map(([name, load]): Cell => ({
    name: `api, ${name}`,
    app: "api",
    workers: 2,
    load,
    peers: [...family, "deno serve --parallel", "Node cluster", "Bun, reusePort"],
    yardstick: "bare Deno.serve",
  })),
  ...[4, 8, 32].map((workers): Cell => ({
    name: `hello, kept connections, ${workers} workers`,
    app: "hello",
    workers,
    load: kept(),
    peers: family,
    yardstick: "bare Deno.serve",
  })),
];
