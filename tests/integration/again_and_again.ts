/** A load for tests: one request after the other. */

import { assert, assertEquals } from "../assert.ts";

export interface Asked {
  readonly asked: number;
  /** What went wrong, each with the number of times and when first, to be found in logs, in the order of the first time. */
  readonly failures: readonly string[];
}

/** Milliseconds. */
const failurePause = 10;

/** Calls `ask` until `end` is called; it returns or throws what went wrong, else `null`. */
export function askAgainAndAgain(ask: () => Promise<string | null>): { end(): Promise<Asked> } {
  const failures = new Map<string, { count: number; first: string }>();
  let asked = 0;
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      const start = performance.now();
      const failure = await ask().catch((error) => String(error.cause ?? error));
      asked++;
      if (failure === null) continue;
      // Where a test has failed, nobody ends this, and the server is gone: failures take all memory in two minutes.
      await new Promise((resolve) => setTimeout(resolve, failurePause));
      const known = failures.get(failure);
      if (known !== undefined) known.count++;
      else {
        const took = Math.round(performance.now() - start);
        failures.set(failure, { count: 1, first: `at ${new Date().toISOString()}, after ${took} ms` });
      }
    }
  })();
  return {
    async end() {
      isOver = true;
      await loop;
      const texts = Array.from(
        failures,
        ([text, { count, first }]) => `${count} times, first ${first}: ${text}`,
      );
      return { asked, failures: texts };
    },
  };
}

/** Keeps each of `clients` asking until `during` resolves, and checks that more than `least` requests were made and each got its answer. */
export async function noneFails(
  clients: readonly (() => Promise<Response>)[],
  during: () => Promise<unknown>,
  least = 20,
): Promise<void> {
  const loads = clients.map((client) =>
    askAgainAndAgain(async () => {
      const response = await client();
      const text = await response.text();
      return response.status === 200 ? null : `${response.status} ${text}`;
    })
  );
  const results: Asked[] = [];
  try {
    await during();
  } finally {
    results.push(...await Promise.all(loads.map((load) => load.end())));
  }
  assertEquals(results.flatMap(({ failures }) => failures), []);
  assert(results.reduce((sum, { asked }) => sum + asked, 0) > least, JSON.stringify(results));
}
