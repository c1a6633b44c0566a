/**
 * Tasks whose names this worker does not know. During a reload, or while one server after the other gets a new version, those
 * that serve requests may add tasks that only newer workers know: they are put off for these, without a failed attempt.
 */

/** Milliseconds that a task is put off, one after the other: three minutes in all. */
const pauses = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000, 30_000, 30_000, 30_000];

/** At most so many tasks are remembered. */
const mostKnown = 10_000;

export class UnknownTasks {
  /** How often each was put off by this worker, by id. */
  readonly #counts = new Map<string, number>();

  /** Milliseconds, and whether it is the first time; `null` for one that was put off often enough: nobody knows it. */
  putOff(id: string): { readonly pause: number; readonly isFirst: boolean } | null {
    const count = this.#counts.get(id) ?? 0;
    const pause = pauses[count];
    this.#counts.delete(id);
    if (pause === undefined) return null;
    const [oldest] = this.#counts.keys();
    if (this.#counts.size >= mostKnown && oldest !== undefined) this.#counts.delete(oldest);
    this.#counts.set(id, count + 1);
    return { pause, isFirst: count === 0 };
  }
}
