/** The tasks of the chaos test, by their numbers: what each one does, and what is to become of it. */

export interface PlannedTask {
  readonly number: number;
  /** Milliseconds that each attempt waits. */
  readonly wait: number;
  /** So many attempts fail, then one works. */
  readonly failures: number;
  readonly retries: number;
  /** Given when it is added: it may be added again. */
  readonly key: string | undefined;
}

/** Milliseconds until the first retry. */
export const backoff = 20;
/** Milliseconds: so short that no task runs at the deaths of five workers, with which it would be dead. */
const longestWait = 60;
/** Tasks that are added with one request. */
export const batchSize = 100;

/** Of 100 tasks 20 wait, 10 fail once or twice, and 2 always fail. `random` is in [0, 1). */
export function plannedTask(number: number, random: () => number): PlannedTask {
  const isHopeless = number % 50 === 7;
  const failures = number % 10 === 3 ? number % 20 === 3 ? 1 : 2 : 0;
  return {
    number,
    wait: number % 5 === 1 ? 1 + Math.floor(random() * longestWait) : 0,
    failures: isHopeless ? Number.MAX_SAFE_INTEGER : failures,
    retries: isHopeless ? 2 : 3,
    key: Math.floor(number / batchSize) % 2 === 0 ? `number ${number}` : undefined,
  };
}

/** How many attempts it has, if no worker dies. */
export function attemptsOf({ failures, retries }: PlannedTask): number {
  return Math.min(failures, retries) + 1;
}

/** Whether it is dead at the end. */
export function isHopeless({ failures, retries }: PlannedTask): boolean {
  return failures > retries;
}
