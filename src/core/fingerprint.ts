/**
 * MurmurHash3 for x86, 128 bits (https://github.com/aappleby/smhasher/wiki/MurmurHash3): tells apart what differs by
 * chance, but not what somebody made to be alike. The first 120 kB in a process take 2 ms, and 10 to 20 ms with SHA-256,
 * whose code is slow until it is compiled.
 */

const blockSize = 16;
const [c1, c2, c3, c4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];

/** 32 hexadecimal digits. */
export function fingerprint(data: Uint8Array): string {
  const { length } = data;
  const whole = length - length % blockSize;
  const words = wordsOf(data.subarray(0, whole));
  let [h1, h2, h3, h4] = [0, 0, 0, 0];
  for (let index = 0; index < words.length; index += 4) {
    h1 ^= Math.imul(rotated(Math.imul(words[index]!, c1), 15), c2);
    h1 = Math.imul(rotated(h1, 19) + h2, 5) + 0x561ccd1b | 0;
    h2 ^= Math.imul(rotated(Math.imul(words[index + 1]!, c2), 16), c3);
    h2 = Math.imul(rotated(h2, 17) + h3, 5) + 0x0bcaa747 | 0;
    h3 ^= Math.imul(rotated(Math.imul(words[index + 2]!, c3), 17), c4);
    h3 = Math.imul(rotated(h3, 15) + h4, 5) + 0x96cd1c35 | 0;
    h4 ^= Math.imul(rotated(Math.imul(words[index + 3]!, c4), 18), c1);
    h4 = Math.imul(rotated(h4, 13) + h1, 5) + 0x32ac3b17 | 0;
  }
  const rest = new Uint8Array(blockSize);
  rest.set(data.subarray(whole));
  const [k1, k2, k3, k4] = wordsOf(rest) as unknown as [number, number, number, number];
  h4 ^= Math.imul(rotated(Math.imul(k4, c4), 18), c1);
  h3 ^= Math.imul(rotated(Math.imul(k3, c3), 17), c4);
  h2 ^= Math.imul(rotated(Math.imul(k2, c2), 16), c3);
  h1 ^= Math.imul(rotated(Math.imul(k1, c1), 15), c2);
  [h1, h2, h3, h4] = summed(h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length);
  return summed(mixed(h1), mixed(h2), mixed(h3), mixed(h4))
    .map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

type Words = [number, number, number, number];

function summed(h1: number, h2: number, h3: number, h4: number): Words {
  const first = h1 + h2 + h3 + h4 | 0;
  return [first, h2 + first | 0, h3 + first | 0, h4 + first | 0];
}

function rotated(word: number, by: number): number {
  return word << by | word >>> 32 - by;
}

function mixed(word: number): number {
  word = Math.imul(word ^ word >>> 16, 0x85ebca6b);
  word = Math.imul(word ^ word >>> 13, 0xc2b2ae35);
  return word ^ word >>> 16;
}

/** All machines that Deno runs on have the lowest byte of a word first. */
function wordsOf(data: Uint8Array): Int32Array {
  const { buffer, byteOffset, length } = data.byteOffset % 4 === 0 ? data : data.slice();
  return new Int32Array(buffer, byteOffset, length / 4);
}
