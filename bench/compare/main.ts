/**
 * Measures Denicorn and its peers side by side in one run. `--quick` measures the essential cells only, in three minutes;
 * without it, results are written to docs/benchmarks/. Other arguments select the cells whose name contains one of
 * them; then nothing is written, or with `--write` these cells replace what was written of them before. `--rounds=N`
 * and `--seconds=N` set how long a full run measures.
 */

import { type Cell, cells } from "./cells.ts";
import { type Peer, type PeerName, peers } from "./peers.ts";
import { Progress } from "./progress.ts";
import { describeMachine } from "./report/machine.ts";
import type { CellResult } from "./report/result.ts";
import { rowsOf } from "./report/rows.ts";
import { aligned } from "./report/table.ts";
import { earlierCells, writeResult } from "./report/write.ts";
import { type Plan, runCell } from "./run_cell.ts";
import { Server } from "./server.ts";
import { prepareApps } from "./setup/apps.ts";
import { findTools, type Tool, type Tools } from "./setup/tools.ts";
import type { Sample } from "./summary.ts";
import { judge, type Judged, targets } from "./targets.ts";

const words = Deno.args.filter((arg) => !arg.startsWith("--"));
const quick = Deno.args.includes("--quick");
const writes = !quick && (words.length === 0 || Deno.args.includes("--write"));
const numberOf = (name: string, usual: number) =>
  Number(Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1] ?? usual);
const rounds = numberOf("rounds", 5);
const seconds = numberOf("seconds", 3);

const tools = await findTools(!quick);
const prepared = await prepareApps();
const machine = await describeMachine(tools, prepared.runtime.version);
const plans = cells.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)))
  .flatMap((cell) => planOf(cell, tools) ?? []);
if (plans.length === 0) {
  console.error(`no cell to measure: the cells are ${cells.map(({ name }) => name).join("; ")}`);
  Deno.exit(2);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    await Promise.all([...Server.running].map((server) => server.stop()));
    Deno.exit(1);
  });
}

const progress = new Progress(plans.reduce((sum, { peers, rounds }) => sum + peers.length * rounds, 0));
const results: CellResult[] = [];
for (const plan of plans) {
  const { samples, failures } = await runCell(plan, prepared, (step) => progress.step(step));
  const result: CellResult = {
    made: `${machine.date}, ${machine.versions.denicorn}`,
    cell: plan.cell,
    rounds: plan.rounds,
    seconds: plan.seconds,
    samples: Object.fromEntries(samples),
    failures: Object.fromEntries(failures),
  };
  results.push(result);
  progress.end();
  print(result);
}

printTargets(judgedOf(results));
if (writes) {
  const earlier = earlierCells();
  const newest = cells.flatMap(({ name }) =>
    [...results, ...earlier].find(({ cell }) => cell.name === name) ?? []
  );
  await writeResult({
    machine,
    command: "make bench",
    cells: newest,
    targets: judgedOf(newest),
    missing: Object.fromEntries(tools.missing),
  });
  console.log("written: docs/benchmarks/ and the section Speed of README.md");
}
for (const [name, reason] of tools.missing) console.log(`not measured: ${name}: ${reason}`);

function judgedOf(results: readonly CellResult[]): readonly Judged[] {
  return results.flatMap(({ cell, samples }) =>
    targets.filter((target) => target.cell === cell.name)
      .flatMap((target) => judge(target, new Map(Object.entries(samples) as [PeerName, Sample[]][])) ?? [])
  );
}

function planOf(cell: Cell, { versions }: Tools): Plan | undefined {
  const settings = quick ? cell.quick : { rounds, seconds: seconds * (cell.longer ?? 1), peers: cell.peers };
  if (settings === undefined) return undefined;
  const hasTool = (tool: Tool | undefined) => tool === undefined || versions.has(tool);
  const isMissing = cell.load.driver === "h2load" && !versions.has("h2load");
  const able = settings.peers.filter((name) => {
    const peer: Peer = peers[name];
    return hasTool(peer.tool) && peer.apps.includes(cell.app);
  });
  return isMissing ? undefined : { ...settings, cell, peers: able };
}

function print(result: CellResult): void {
  const { cell, rounds, samples, failures } = result;
  console.log(`\n${cell.name} (${cell.workers} workers, ${rounds} rounds)`);
  if (Object.keys(samples).length > 0) console.log(aligned(rowsOf(result)));
  for (const [name, reason] of Object.entries(failures)) console.log(`${name}: failed: ${reason}`);
}

function printTargets(judged: readonly Judged[]): void {
  if (judged.length === 0) return;
  console.log(
    `\nTargets, on ${machine.processor}, ${machine.cores} cores, load before ${machine.loadBefore}`,
  );
  console.log(aligned([
    ["", "target", "measured (range)", ""],
    ...judged.map(({ target, what, limit, measured, verdict }) => [
      `${target.cell}: ${what}`,
      limit,
      measured,
      verdict,
    ]),
  ]));
}
