/**
 * The proof that no request is lost: it reloads, scales, recycles and upgrades servers under load and counts every
 * request that does not get a good response. Arguments select the cells whose name contains one of them; `--short` does
 * a tenth of everything, and `--list` only prints the names. The exit code is 1 if Denicorn lost a request, or if
 * requests took much longer than without operations.
 */

import { binary, fromSource } from "../support/program.ts";
import { type Cell, cells, isDenicorn, select, yardstickOf } from "./cells.ts";
import { findGunicorn } from "./find_gunicorn.ts";
import { isolated, whyShared } from "./namespace.ts";
import { jsonLine, type Row, table } from "./report.ts";
import { type CellResult, problemsOf } from "./result.ts";
import type { Environment } from "./run_cell.ts";

const words = Deno.args.filter((arg) => !arg.startsWith("--"));
const short = Deno.args.includes("--short");
const selected = select(cells, words);
if (selected.length === 0) {
  console.error(`no cell name contains ${words.join(" or ")}: see --list`);
  Deno.exit(2);
}
if (Deno.args.includes("--list")) {
  for (const { name } of selected) console.log(name);
  Deno.exit(0);
}

const shared = await whyShared();
const network = shared === undefined ? "namespace" : "loopback";
console.log(
  shared === undefined
    ? "network: each cell has its own namespace"
    : `network: plain loopback without a namespace (${shared}); other traffic may disturb the results`,
);

const folder = Deno.makeTempDirSync({ prefix: "loss-" });
const rows: Row[] = [];
try {
  const gunicorn = selected.some(({ server }) => server === "gunicorn")
    ? await findGunicorn(folder)
    : { missing: "not needed" };
  const results = new Map<string, CellResult>();
  for (const cell of selected) {
    const command = cell.server === "source" ? fromSource : binary;
    const result = await runIsolated(cell, { command, gunicorn, short });
    results.set(cell.name, result);
    const row = { cell, result, quiet: results.get(yardstickOf(cell)) };
    rows.push(row);
    console.log(jsonLine(row, network));
  }
} finally {
  Deno.removeSync(folder, { recursive: true });
}

console.log(`\n${table(rows)}\n`);
const failed = rows.filter(({ cell, result, quiet }) => problemsOf(cell, result, quiet).length > 0);
const own = rows.filter(({ cell }) => isDenicorn(cell.server));
const count = (rows: readonly Row[], outcome: CellResult["outcome"]) =>
  rows.filter(({ result }) => result.outcome === outcome).length;
console.log(
  `${own.length} Denicorn cells: ${count(own, "measured")} measured, ${
    count(own, "not supported")
  } not supported; ` +
    `${failed.length} failed; network: ${network}${shared === undefined ? "" : ` (${shared})`}`,
);
Deno.exit(failed.length > 0 ? 1 : 0);

async function runIsolated(cell: Cell, environment: Environment): Promise<CellResult> {
  const program = new URL("cell_main.ts", import.meta.url).pathname;
  const plain = [
    Deno.execPath(),
    "run",
    "-A",
    "--quiet",
    "--no-check",
    "--config",
    new URL("../../deno.json", import.meta.url).pathname,
    program,
    JSON.stringify(cell),
    JSON.stringify(environment),
  ];
  const [command, ...args] = (shared === undefined ? isolated(plain) : plain) as [string, ...string[]];
  const { stdout, stderr } = await new Deno.Command(command, { args, stdin: "null" }).output();
  const text = new TextDecoder();
  try {
    return JSON.parse(text.decode(stdout));
  } catch {
    return { outcome: "broken", reason: `the cell printed no result: ${text.decode(stderr).trim()}` };
  }
}
