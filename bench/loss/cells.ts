/** The measurements, as data. A cell is one kind of operation on one server. */

import type { Mode } from "./client/load_options.ts";

export type Kind =
  | "quiet"
  | "hup"
  | "scale"
  | "max-requests"
  | "usr2"
  | "kill"
  | "stall";

export type Server = "source" | "binary" | "gunicorn" | "deno-serve";

export interface Cell {
  /** `kind/mode/server`, or another label instead of the mode. */
  readonly name: string;
  readonly kind: Kind;
  readonly server: Server;
  readonly mode: Mode;
  /** Extra arguments for the server. */
  readonly args: readonly string[];
}

const modes: readonly Mode[] = ["new", "keep-alive"];
const denicorns: readonly Server[] = ["binary", "source"];
const maxRequests = ["--max-requests", "500", "--max-requests-jitter", "100"];

const matrix: Readonly<Record<Server, readonly Kind[]>> = {
  binary: ["quiet", "hup", "scale", "max-requests", "usr2"],
  source: ["quiet", "hup", "scale", "max-requests", "usr2"],
  gunicorn: ["quiet", "hup", "scale", "max-requests", "usr2"],
  "deno-serve": ["quiet", "hup"],
};

/** What is measured over HTTP/2 without TLS, too, which Gunicorn does not have. */
const withHttp2: readonly Kind[] = ["quiet", "hup", "scale", "usr2"];

/** Settings for the repeated stall measurement; the first one uses the defaults. */
const stallArgs: readonly (readonly string[])[] = [
  [],
  ["--steering", "off"],
  ...["50", "100", "200"].map((ms) => ["--stall-after", `${ms}ms`]),
];

function cell(
  kind: Kind,
  server: Server,
  mode: Mode,
  args: readonly string[] = [],
  label: string = mode,
): Cell {
  return { name: `${kind}/${label}/${server}`, kind, server, mode, args };
}

export const cells: readonly Cell[] = [
  ...Object.entries(matrix).flatMap(([server, kinds]) =>
    kinds.flatMap((kind) =>
      modes.map((mode) => cell(kind, server as Server, mode, kind === "max-requests" ? maxRequests : []))
    )
  ),
  ...denicorns.flatMap((server) => withHttp2.map((kind) => cell(kind, server, "http2"))),
  ...denicorns.map((server) => cell("kill", server, "new")),
  ...stallArgs.map((args) =>
    cell("stall", "binary", "new", args, args.join("=").replace(/^--/, "") || "default")
  ),
];

export function isDenicorn(server: Server): boolean {
  return server === "binary" || server === "source";
}

/** The run without operations whose latency `cell` is compared with. */
export function yardstickOf({ server, mode }: Cell): string {
  return `quiet/${mode}/${server}`;
}

/** Whether the latency of a cell is judged. Killing and blocking workers delays requests by design. */
export function hasYardstick({ kind }: Cell): boolean {
  return kind !== "kill" && kind !== "stall";
}

/** The cells whose name contains one of `words`, and the yardsticks they need; all cells if there are no words. */
export function select(all: readonly Cell[], words: readonly string[]): readonly Cell[] {
  if (words.length === 0) return all;
  const named = all.filter(({ name }) => words.some((word) => name.includes(word)));
  const needed = new Set([...named.map(({ name }) => name), ...named.filter(hasYardstick).map(yardstickOf)]);
  return all.filter(({ name }) => needed.has(name));
}
