import type { Job } from "../../../types/bullmq.d.ts";
import { longestDelay } from "../../../src/core/tasks/retry.ts";
import { limitFailure } from "../../../src/tasks/bullmq/queue_jobs.ts";
import { assertEquals } from "../../assert.ts";

function optionsAfterFailure(opts: Job["opts"], attemptsMade = 1): Job["opts"] {
  limitFailure({ opts, attemptsMade } as Job);
  return opts;
}

Deno.test("one stack trace of a failed job is kept, unless its program says how many", () => {
  assertEquals(optionsAfterFailure({}), { stackTraceLimit: 1 });
  assertEquals(optionsAfterFailure({ stackTraceLimit: 5 }), { stackTraceLimit: 5 });
  assertEquals(optionsAfterFailure({ stackTraceLimit: 0 }), { stackTraceLimit: 0 });
});

Deno.test("a backoff that doubles ends at the longest delay", () => {
  const backoff = { type: "exponential", delay: 1_000, jitter: 0.5 } as const;
  assertEquals(optionsAfterFailure({ backoff }, 3).backoff, backoff);
  const limited = { ...backoff, type: "fixed", delay: longestDelay } as const;
  assertEquals(optionsAfterFailure({ backoff }, 60).backoff, limited);
});
