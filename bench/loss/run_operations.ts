/** Runs operations one after the other under a load that lasts from before the first until after the last. */

import { Load, pause } from "./client/load.ts";
import type { LoadResult, Mode } from "./client/load_options.ts";
import type { Subject } from "./subjects/subject.ts";

export interface OperationsPlan {
  readonly mode: Mode;
  /** In order. */
  readonly operations: readonly (() => Promise<void>)[];
  /** The minimum of requests and of seconds. */
  readonly requests: number;
  readonly seconds: number;
}

export interface OperationsResult {
  readonly load: LoadResult;
  /** The number of operations completed under load. */
  readonly operations: number;
  /** Seconds that the longest operation took. */
  readonly longest: number;
}

/** Spreads the operations evenly over requests and time. Each begins when the one before is complete. */
export async function runOperations(subject: Subject, plan: OperationsPlan): Promise<OperationsResult> {
  const { mode, operations, requests, seconds } = plan;
  const load = new Load({ port: subject.port, mode, requests });
  let done = 0;
  let longest = 0;
  let failure: unknown;
  try {
    // Warm-up: before V8 has compiled, latencies are higher in every run.
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
