/** A load for tests: one request after the other, each on a new connection. */

export interface Asked {
  readonly asked: number;
  /** What went wrong, each with the number of times, in the order of the first time. */
  readonly failures: readonly string[];
}

/** Calls `ask` until `end` is called; it returns or throws what went wrong, else `null`. */
export function askAgainAndAgain(ask: () => Promise<string | null>): { end(): Promise<Asked> } {
  const failures = new Map<string, number>();
  let asked = 0;
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      const failure = await ask().catch((error) => String(error.cause ?? error));
      asked++;
      if (failure !== null) failures.set(failure, (failures.get(failure) ?? 0) + 1);
    }
  })();
  return {
    async end() {
      isOver = true;
      await loop;
      return { asked, failures: Array.from(failures, ([text, count]) => `${count} times: ${text}`) };
    },
  };
}
