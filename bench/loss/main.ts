/**
 * The proof that no request is lost: it reloads, scales, recycles and upgrades servers under load and counts every
 * request that does not get a good response. Arguments select the cells whose name contains one of them; `--short` does
 * a tenth of everything, and `--list` only prints the names. The exit code is 1 if Denicorn lost a request, or if
 * requests took much longer than without operations.
 */

import { describeNetwork, runApart, whyShared } from "../support/namespace.ts";
import { binary, fromSource } from "../support/program.ts";
import { type Cell, cells, isDenicorn, select, yardstickOf } from "./cells.ts";
import { findGunicorn } from "./find_gunicorn.ts";
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
console.log(await describeNetwork("cell"));

const folder = Deno.makeTempDirSync({ prefix: "loss-" });
const rows: Row[] = [];
try {
  const gunicorn = selected.some(({ server }) => server === "gunicorn")
    ? await findGunicorn(folder)
    : { missing: "not needed" };
  const results = new Map<string, CellResult>();
  for (const cell of selected) {
    const command = cell.server === "source" ? fromSource : binary;
    const result = await run(cell, { command, gunicorn, short });
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

async function run(cell: Cell, environment: Environment): Promise<CellResult> {
  try {
    return await runApart(new URL("cell_main.ts", import.meta.url), cell, environment);
  } catch (error) {
    return { outcome: "broken", reason: error instanceof Error ? error.message : String(error) };
  }
}
