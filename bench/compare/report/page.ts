/** The page docs/benchmarks/results.md. */

import type { Cell } from "../cells.ts";
import { arrivalsText } from "../drivers/arrivals.ts";
import { wrkCommand } from "../drivers/wrk.ts";
import { drawingsOf } from "./charts.ts";
import type { CellResult, Result } from "./result.ts";
import { rowsOf } from "./rows.ts";
import { markdown } from "./table.ts";

export function pageOf(result: Result): string {
  const { machine, command, cells, targets, missing } = result;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  return [
    "# Benchmarks",
    "",
    `Written by \`${command}\` on ${machine.date}: do not edit. The same figures are in`,
    "[results.json](results.json).",
    "",
    `- Machine: \`${machine.processor}\`, ${machine.cores} cores, ${machine.memory}, ${machine.kernel};` +
    ` load before the run: ${machine.loadBefore}. The client runs on the same cores.`,
    `- Versions: ${versions.join(", ")}.`,
    "- Servers are measured in turn, round by round. A figure is the median over the rounds, with the largest",
    "  deviation. A ratio is the median of the rounds' ratios; “(noise)” means that rounds disagree on which is",
    "  better.",
    "- CPU is user and system time of all processes of a server. “own MB” is the private memory of one worker",
    "  after the load, “PSS MB” the memory of all processes.",
    "- Ratios are to bare `Deno.serve` processes, of the same number and, for the binary, compiled with the",
    "  runtime that it embeds, unless the column of a cell has its 1 elsewhere.",
    ...Object.entries(missing).map(([name, reason]) => `- Not measured: ${name}: ${reason}.`),
    "",
    "## Targets",
    "",
    markdown([
      ["", "target", "measured (range)", ""],
      ...targets.map(({ target, what, limit, measured, verdict }) => [
        `${target.cell}: ${what}`,
        limit,
        measured,
        verdict,
      ]),
    ]),
    "",
    ...drawingsOf(result).flatMap(({ file, title }) => [`![${title}](${file})`, ""]),
    ...cells.flatMap(sectionOf),
  ].join("\n");
}

function sectionOf(result: CellResult): readonly string[] {
  const { cell, rounds, failures, made } = result;
  return [
    `## ${cell.name}`,
    "",
    `${cell.workers} workers, ${rounds} rounds, ${made}. ${howOf(cell, result.seconds)}`,
    "",
    markdown(rowsOf(result)),
    "",
    ...Object.entries(failures).flatMap(([name, reason]) => [`${name} failed: ${reason.split("\n")[0]}`, ""]),
  ];
}

/** The client of a cell, so that it can be run by hand. */
function howOf({ load }: Cell, seconds: number): string {
  switch (load.driver) {
    case "wrk": {
      const command = wrkCommand(load.options, 8000, seconds).map((word) =>
        word.endsWith("/wrk.lua") ? "bench/compare/drivers/wrk.lua" : /[ {]/.test(word) ? `'${word}'` : word
      );
      return `Client: \`${command.join(" ")}\``;
    }
    case "h2load":
      return `Client: \`h2load -c ${load.options.connections} -m ${load.options.streams} -D ${seconds}\``;
    case "arrivals":
      return `Client: ${arrivalsText(load.rate, seconds)}`;
    case "reload":
      return `Client: ${arrivalsText(load.rate, seconds)} The reload begins after one second.`;
    case "kill":
      return "From `kill -9` to the first byte of the next answer.";
    case "boot":
      return "From the start of the process to the first byte of an answer; a yardstick is one process.";
    case "idle":
      return `CPU time of the master in ${seconds} s without requests.`;
  }
}
