/** Runs a cell of bench/loss in short, as a test. */

import { type Cell, cells, type Kind } from "../../bench/loss/cells.ts";
import type { Mode } from "../../bench/loss/client/load_options.ts";
import { type Measured, problemsOf } from "../../bench/loss/result.ts";
import { runCell } from "../../bench/loss/run_cell.ts";
import { assert, assertEquals } from "../assert.ts";
import { integrationTest } from "./harness.ts";

export interface LossTest {
  readonly kind: Kind;
  readonly mode?: Mode;
  readonly args?: readonly string[];
  readonly check?: (result: Measured) => void;
}

/** Fails if a request is lost. Latency is not judged: so short a run has hardly any percentiles. */
export function lossTest(name: string, { kind, mode = "new", args, check = () => {} }: LossTest): void {
  const found = cells.find((cell) => cell.kind === kind && cell.mode === mode)!;
  integrationTest(name, async (scene) => {
    const { command, name: server } = scene.target;
    const cell: Cell = { ...found, server, args: args ?? found.args };
    const result = await runCell(cell, { command, gunicorn: { missing: "not needed" }, short: true });
    assert(result.outcome === "measured", JSON.stringify(result));
    assertEquals(problemsOf(cell, result, undefined), [], JSON.stringify(result));
    check(result);
  });
}
