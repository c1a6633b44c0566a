/**
 * One worker runs the jobs of `Deno.cron`, its holder. All workers know the schedule, so that nothing has to be started
 * when the jobs pass to another worker: both get the same moment, up to which the jobs that are due are of the one, and
 * after which they are of the other.
 */

interface Candidate {
  readonly slot: number;
  readonly generation: number;
  readonly isHolder: boolean;
}

/**
 * The worker that is to hold the jobs, among those that are ready: the holder as long as none of a newer generation is
 * ready, else the one of the lowest slot. `serving` counts as the newest. `null` if there is none.
 */
export function chooseHolder<Ready extends Candidate>(
  candidates: readonly Ready[],
  serving: number,
): Ready | null {
  const rank = ({ generation }: Candidate) => generation === serving ? Infinity : generation;
  const [first] = candidates.toSorted((a, b) =>
    rank(b) - rank(a) || Number(b.isHolder) - Number(a.isHolder) || a.slot - b.slot
  );
  return first ?? null;
}

/**
 * Milliseconds until the moment at which jobs pass from one worker to another. Both must have heard of it before, or both
 * could run a job that is due between.
 */
export const handOverTime = 1_000;

/** When a worker holds the jobs, by the wall clock. */
export interface Term {
  readonly from: number;
  readonly until: number;
}

export const noTerm: Term = { from: Infinity, until: Infinity };

/** The worker gets the jobs, or loses them, `at` a moment. */
export function passed(term: Term, held: boolean, at: number): Term {
  return held ? { from: at, until: Infinity } : { ...term, until: at };
}

/** The worker finishes `now`. If the jobs pass to another one later, it runs them until then. */
export function givenUp(term: Term, now: number): Term {
  return { ...term, until: term.until === Infinity ? now : term.until };
}

/** Whether a job that starts `now` is the worker's to run. Jobs are due at whole multiples of `unit`. */
export function holdsJob({ from, until }: Term, now: number, unit: number): boolean {
  const due = Math.floor(now / unit) * unit;
  return due > from && due <= until;
}
