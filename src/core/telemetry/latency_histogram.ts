/**
 * The buckets in which latencies are counted: four to each power of two, read off the bits of the number. The
 * widest is 25 % wide, the narrowest 14 %. They reach from 31 µs to 131 s; one more bucket on each side takes
 * what is outside.
 */

/** Four buckets to an octave: the highest two bits of the mantissa. */
const bucketsPerOctave = 4;
const firstOctave = -5;
const endOctave = 17;

export const bucketCount = (endOctave - firstOctave) * bucketsPerOctave + 2;

/**
 * Where each bucket ends, in milliseconds, and the next begins: a latency of exactly this is in the next. The
 * last is Infinity.
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
 * The bucket of a latency. Runs once a request: 1 ns with the count, against 17 ns by Math.log2, which also
 * misses the exact bounds. Less than nothing goes to the first bucket, NaN to the last.
 */
export function bucketOf(ms: number): number {
  number[0] = ms;
  const bucket = (upperHalf[0]! >> 18) - base;
  return bucket < 0 ? 0 : bucket > last ? last : bucket;
}

/**
 * The latency in milliseconds that a share of `q` of all counted does not exceed, null if none was counted. The
 * latencies of a bucket are taken as spread evenly in it, so it is off by 25 % at most; beyond the last bound it
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
