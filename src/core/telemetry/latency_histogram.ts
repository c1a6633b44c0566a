/**
 * The buckets in which latencies are counted: four per power of two, computed from the bits of the number. They are
 * between 14 % and 25 % wide and cover 31 µs to 131 s, with one more bucket at each end for the rest.
 */

/** The highest two bits of the mantissa. */
const bucketsPerOctave = 4;
const firstOctave = -5;
const endOctave = 17;

export const bucketCount = (endOctave - firstOctave) * bucketsPerOctave + 2;

/**
 * Where each bucket ends, in milliseconds. A latency of exactly this value is in the next bucket. The last one is
 * Infinity.
 */
export const bucketBounds: readonly number[] = Array.from({ length: bucketCount }, (_, bucket) => {
  if (bucket === bucketCount - 1) return Infinity;
  const octave = firstOctave + Math.floor(bucket / bucketsPerOctave);
  return 2 ** octave * (1 + (bucket % bucketsPerOctave) / bucketsPerOctave);
});

const last = bucketCount - 1;
const number = new Float64Array(1);
/** The upper half of the number: sign, exponent, and the first 20 bits of the mantissa. Deno is little endian. */
const upperHalf = new Int32Array(number.buffer, 4, 1);
/** `upperHalf >> 18` of the bucket before the first octave. */
const base = (1023 + firstOctave) * bucketsPerOctave - 1;

/**
 * The bucket of a latency. Called for each request: 1 ns including the count, against 17 ns with Math.log2, which
 * also misses the exact bounds. Negative numbers are in the first bucket, NaN in the last.
 */
export function bucketOf(ms: number): number {
  number[0] = ms;
  const bucket = (upperHalf[0]! >> 18) - base;
  return bucket < 0 ? 0 : bucket > last ? last : bucket;
}

/**
 * The latency in milliseconds that a share `q` of all counted latencies does not exceed; `null` if none was counted.
 * It assumes that the latencies of a bucket are spread evenly, so the error is at most 25 %. Beyond the last bound it
 * is that bound.
 */
export function quantile(counts: ArrayLike<number>, q: number): number | null {
  let total = 0;
  for (let bucket = 0; bucket < bucketCount; bucket++) total += counts[bucket] ?? 0;
  if (total === 0) return null;

  let below = Math.min(1, Math.max(0, q)) * total;
  for (let bucket = 0; bucket < last; bucket++) {
    const count = counts[bucket] ?? 0;
    if (count > 0 && below <= count) {
      const from = bucket === 0 ? 0 : bucketBounds[bucket - 1]!;
      return from + (bucketBounds[bucket]! - from) * (below / count);
    }
    below -= count;
  }
  return bucketBounds[last - 1]!;
}
