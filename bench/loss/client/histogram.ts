/**
 * Counts durations in buckets whose width grows with the value: a million durations take a few kilobytes, and every
 * percentile is correct within 2 %.
 */

/** Buckets per doubling. */
const resolution = 36;
/** From one microsecond to two minutes. */
const doublings = 27;

export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class Histogram {
  readonly #buckets = new Uint32Array(resolution * doublings + 1);
  #count = 0;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get max(): number {
    return this.#max;
  }

  /** `ms` may be a fraction. */
  add(ms: number): void {
    const bucket = ms <= 0.001 ? 0 : Math.ceil(Math.log2(ms * 1_000) * resolution);
    const index = Math.min(bucket, this.#buckets.length - 1);
    this.#buckets[index] = (this.#buckets[index] ?? 0) + 1;
    this.#count++;
    if (ms > this.#max) this.#max = ms;
  }

  /** The value that a `share` (0 to 1) of all durations does not exceed; 0 if there are none. */
  quantile(share: number): number {
    const rank = Math.max(1, Math.ceil(this.#count * share));
    let seen = 0;
    for (const [index, count] of this.#buckets.entries()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#max, 2 ** (index / resolution) / 1_000);
    }
    return this.#max;
  }

  percentiles(): Percentiles {
    const of = (share: number) => round(this.quantile(share));
    return { p50: of(0.5), p95: of(0.95), p99: of(0.99), p999: of(0.999), max: round(this.#max) };
  }
}

function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
