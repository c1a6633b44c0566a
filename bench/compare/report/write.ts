/** Writes a result to docs/benchmarks/ and README. As a script, it writes them again from results.json. */

import { root } from "../../support/program.ts";
import { drawingsOf } from "./charts.ts";
import { pageOf } from "./page.ts";
import type { CellResult, Result } from "./result.ts";
import { withSpeed } from "./speed.ts";

const folder = `${root}docs/benchmarks`;

export async function writeResult(measured: Result): Promise<void> {
  const text = JSON.stringify(measured, shorter);
  // A range that is rounded twice can differ from one that is rounded once.
  const result: Result = JSON.parse(text);
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeTextFileSync(`${folder}/results.json`, text);
  const drawings = drawingsOf(result);
  for (const { file, svg } of drawings) Deno.writeTextFileSync(`${folder}/${file}`, svg);
  Deno.writeTextFileSync(`${folder}/results.md`, pageOf(result));
  const readme = `${root}README.md`;
  Deno.writeTextFileSync(readme, withSpeed(Deno.readTextFileSync(readme), result));
  const written = ["results.json", "results.md", ...drawings.map(({ file }) => file)];
  const args = ["fmt", "--quiet", ...written.map((file) => `${folder}/${file}`), readme];
  const { success } = await new Deno.Command(Deno.execPath(), { args, cwd: root }).output();
  if (!success) throw new Error("deno fmt failed");
}

/** Cells measured now replace those of the same name that were written before. */
export function earlierCells(): readonly CellResult[] {
  try {
    return (JSON.parse(Deno.readTextFileSync(`${folder}/results.json`)) as Result).cells;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** Four digits say all that a measurement can. */
function shorter(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

if (import.meta.main) {
  await writeResult(JSON.parse(Deno.readTextFileSync(`${folder}/results.json`)));
}
