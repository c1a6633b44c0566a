/** Runs a short version of a cell of bench/loss as a test. */

import { type Cell, cells, type Kind } from "../../bench/loss/cells.ts";
import type { Mode } from "../../bench/loss/client/load_options.ts";
import { type Measured, problemsOf } from "../../bench/loss/result.ts";
import { runCell } from "../../bench/loss/run_cell.ts";
import { assert, assertEquals } from "../assert.ts";
import { integrationTest, testOnOneTarget } from "./harness.ts";

export interface LossTest {
  readonly kind: Kind;
  readonly mode?: Mode;
  readonly args?: readonly string[];
  /** Not with the other program, too. */
  readonly isOnOneTarget?: boolean;
  readonly check?: (result: Measured) => void;
}

/** A test that fails if a request is lost. Latency is not judged, because the run is too short for percentiles. */
export function lossTest(
  name: string,
  { kind, mode = "new", args, isOnOneTarget = false, check = () => {} }: LossTest,
): void {
  const found = cells.find((cell) => cell.kind === kind && cell.mode === mode)!;
  const register = isOnOneTarget ? testOnOneTarget : integrationTest;
  register(name, async (host) => {
    const { command, name: server } = host.target;
    const cell: Cell = { ...found, server, args: args ?? found.args };
    const result = await runCell(cell, { command, gunicorn: { missing: "not needed" }, short: true });
    assert(result.outcome === "measured", JSON.stringify(result));
    assertEquals(problemsOf(cell, result, undefined), [], JSON.stringify(result));
    check(result);
  });
}
