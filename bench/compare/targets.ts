/** What Denicorn aims at, as ratios within one run. */

import type { PeerName } from "./peers.ts";
import {
  enoughRounds,
  type Figure,
  figures,
  formatted,
  ratioOf,
  type Sample,
  spreadOf,
  valuesOf,
} from "./summary.ts";

export interface Target {
  readonly cell: string;
  readonly figure: Figure;
  readonly peer: PeerName;
  /** The best of these is the yardstick. Without any, the limit is in the unit of the figure. */
  readonly against?: readonly PeerName[];
  readonly limit: number;
}

const hello = "hello, kept connections";
const fresh = "hello, new connections";
const mixed = "1 % × 50 ms, new connections, 4 workers";
const editions = [
  { peer: "denicorn source", bare: "bare Deno.serve" },
  { peer: "denicorn binary", bare: "bare Deno.serve, compiled" },
] as const;

export const targets: readonly Target[] = [
  ...editions.flatMap(({ peer, bare }): Target[] => [
    { cell: hello, figure: "cpu", peer, against: [bare], limit: 1.03 },
    { cell: hello, figure: "rate", peer, against: [bare], limit: 0.98 },
    { cell: hello, figure: "rate", peer: `${peer}, access log`, against: [bare], limit: 0.9 },
    { cell: hello, figure: "private", peer, against: [bare], limit: 1.1 },
    { cell: fresh, figure: "cpu", peer, against: [bare], limit: 1.05 },
  ]),
  { cell: hello, figure: "private", peer: "denicorn binary", limit: 45 },
  {
    cell: "boot to the first answer",
    figure: "boot",
    peer: "denicorn binary",
    against: ["deno run, version of the binary"],
    limit: 2,
  },
  ...[2, 4].flatMap((workers): Target[] => {
    const cell = `8 ms of computing, 140/s, ${workers} workers`;
    return [
      { cell, figure: "p99", peer: "denicorn source", against: ["Gunicorn sync"], limit: 1 },
      { cell, figure: "p99", peer: "denicorn source", against: ["deno serve --parallel"], limit: 0.9 },
    ];
  }),
  { cell: mixed, figure: "rate", peer: "denicorn source", against: ["deno serve --parallel"], limit: 0.95 },
  { cell: mixed, figure: "p99", peer: "denicorn source", against: ["deno serve --parallel"], limit: 1 },
  ...([
    [["Gunicorn sync", "Gunicorn gthread"], 10],
    [["Puma"], 7],
    [["Node cluster"], 1.3],
  ] as const).map(([against, limit]): Target => ({
    cell: "tiny, kept connections",
    figure: "rate",
    peer: "denicorn source",
    against,
    limit,
  })),
  {
    cell: "tiny, kept connections",
    figure: "cpu",
    peer: "denicorn source",
    against: ["Bun, reusePort"],
    limit: 1,
  },
  { cell: "64 idle workers", figure: "idle", peer: "denicorn binary", limit: 1 },
];

export interface Judged {
  readonly target: Target;
  /** For the reader: what, of whom, against whom. */
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly verdict: "met" | "missed" | "unclear";
}

/** `undefined` if the target's cell or one of its peers was not measured. `unclear`: the range includes the limit. */
export function judge(target: Target, samples: ReadonlyMap<PeerName, readonly Sample[]>): Judged | undefined {
  const { figure, peer, against, limit } = target;
  const own = samples.get(peer);
  const { better, title, unit } = figures[figure];
  if (own === undefined) return undefined;
  const references = against?.flatMap((name) => {
    const found = samples.get(name);
    return found === undefined ? [] : [{ name, ratio: ratioOf(own, found, figure) }];
  });
  const strictest = references?.flatMap(({ name, ratio }) => ratio === undefined ? [] : [{ name, ratio }])
    .toSorted((a, b) => (a.ratio.median - b.ratio.median) * (better === "more" ? 1 : -1))[0];
  const spread = against === undefined ? spreadOf(valuesOf(own, figure)) : strictest?.ratio;
  if (spread === undefined) return undefined;
  const show = (value: number) => against === undefined ? formatted(value, figure) : value.toFixed(2);
  const isMet = (value: number) => better === "more" ? value >= limit : value <= limit;
  const agree = spread.rounds >= enoughRounds && isMet(spread.least) === isMet(spread.most);
  return {
    target,
    what: `${title}: ${peer}${strictest === undefined ? `, ${unit}` : ` / ${strictest.name}`}`,
    limit: `${better === "more" ? "≥" : "≤"} ${show(limit)}`,
    measured: `${show(spread.median)} (${show(spread.least)}–${show(spread.most)})`,
    verdict: agree ? isMet(spread.median) ? "met" : "missed" : "unclear",
  };
}
