/** A whole run, as it is written to disk. */

import type { Cell } from "../cells.ts";
import type { PeerName } from "../peers.ts";
import type { Sample } from "../summary.ts";
import type { Judged } from "../targets.ts";
import type { Machine } from "./machine.ts";

export interface CellResult {
  /** The day and the commit: cells may be measured at different times. */
  readonly made: string;
  readonly cell: Cell;
  readonly rounds: number;
  readonly seconds: number;
  readonly samples: Readonly<Partial<Record<PeerName, readonly Sample[]>>>;
  readonly failures: Readonly<Partial<Record<PeerName, string>>>;
}

export interface Result {
  readonly machine: Machine;
  /** How to make such a run. */
  readonly command: string;
  readonly cells: readonly CellResult[];
  readonly targets: readonly Judged[];
  /** Programs that could not be measured, with the reason. */
  readonly missing: Readonly<Record<string, string>>;
}
