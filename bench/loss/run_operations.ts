/** A load over the whole run of some operations, each begun when the one before is complete. */

import { Load, pause } from "./client/load.ts";
import type { LoadResult, Mode } from "./client/orders.ts";
import type { Subject } from "./subjects/subject.ts";

export interface OperationsPlan {
  readonly mode: Mode;
  /** In the order they are done. */
  readonly operations: readonly (() => Promise<void>)[];
  /** At least so many requests, and for so long. */
  readonly requests: number;
  readonly seconds: number;
}

export interface OperationsResult {
  readonly load: LoadResult;
  /** Those that were completed under load. */
  readonly operations: number;
  /** Seconds the longest took. */
  readonly longest: number;
}

/** Spreads the operations over requests and time: the next waits for its share of both, and for the one before. */
export async function runOperations(subject: Subject, plan: OperationsPlan): Promise<OperationsResult> {
  const { mode, operations, requests, seconds } = plan;
  const load = new Load({ port: subject.port, mode, requests });
  let done = 0;
  let longest = 0;
  let failure: unknown;
  try {
    // What happens before the compiler of the JavaScript engine has warmed up would be the quiet run's maximum too.
    await load.made(Math.min(2_000, requests / 10));
    const start = performance.now();
    const reached = async (share: number) => {
      await load.made(requests * share);
      await pause(start + seconds * 1_000 * share - performance.now());
    };
    for (const operate of operations) {
      await reached(done / operations.length);
      if (load.ended) break;
      const began = performance.now();
      await operate();
      longest = Math.max(longest, performance.now() - began);
      done++;
    }
    await reached(1);
  } catch (error) {
    failure = error;
  }
  const result = await load.stop();
  if (failure !== undefined) throw failure;
  return { load: result, operations: done, longest: Math.round(longest) / 1_000 };
}
