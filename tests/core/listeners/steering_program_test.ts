import fc from "fast-check";
import { bridge, leave } from "../../../src/core/listeners/reuseport_group.ts";
import {
  encodeProgram,
  fallBack,
  type Instruction,
  maxInstructions,
  steeringProgram,
} from "../../../src/core/listeners/steering_program.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";

/** Runs the encoded program like the kernel, with the random number `random`. Throws for what the kernel would reject. */
function run(bytes: Uint8Array<ArrayBuffer>, random: number): number {
  const view = new DataView(bytes.buffer);
  let a = 0;
  for (let at = 0; at < bytes.length; at += 8) {
    const [code, jt, jf] = [view.getUint16(at, true), view.getUint8(at + 2), view.getUint8(at + 3)];
    const k = view.getUint32(at + 4, true);
    if (code === 0x20 && k === 0xfffff038) a = random;
    else if (code === 0x94 && k !== 0) a = a % k;
    else if (code === 0x15) at += 8 * (a === k ? jt : jf);
    else if (code === 0x06) return k;
    else if (code === 0x16) return a;
    else throw new Error(`instruction ${at / 8}: code ${code.toString(16)}, k ${k}`);
  }
  throw new Error("ran past the end");
}

function results(program: readonly Instruction[], count: number): number[] {
  const bytes = encodeProgram(program);
  return Array.from({ length: count }, (_, r) => run(bytes, r)).toSorted((a, b) => a - b);
}

Deno.test("if all are eligible, the random index is the result", () => {
  assertEquals(steeringProgram(3, [0, 1, 2]), [
    { code: 0x20, jt: 0, jf: 0, k: 0xfffff038 },
    { code: 0x94, jt: 0, jf: 0, k: 3 },
    { code: 0x16, jt: 0, jf: 0, k: 0 },
  ]);
});

Deno.test("a hole is mapped to an eligible index that is out of range", () => {
  assertEquals(steeringProgram(4, [0, 3]).slice(2), [
    { code: 0x15, jt: 0, jf: 1, k: 1 },
    { code: 0x06, jt: 0, jf: 0, k: 3 },
    { code: 0x16, jt: 0, jf: 0, k: 0 },
  ]);
});

Deno.test("if none is eligible, the kernel's hash decides", () => {
  const hash = [{ code: 0x06, jt: 0, jf: 0, k: fallBack }];
  assertEquals(steeringProgram(4, []), hash);
  assertEquals(steeringProgram(0, []), hash);
  assertEquals(steeringProgram(2, [2, -1, 0.5]), hash);
});

Deno.test("an index named twice is not more likely", () => {
  assertEquals(steeringProgram(3, [2, 2, 0]), steeringProgram(3, [2, 0]));
});

Deno.test("a program is encoded as the kernel's struct sock_filter", () => {
  const bytes = encodeProgram([{ code: 0x0115, jt: 2, jf: 3, k: 0xfffff038 }, {
    code: 6,
    jt: 0,
    jf: 0,
    k: 1,
  }]);
  assertEquals([...bytes], [0x15, 0x01, 2, 3, 0x38, 0xf0, 0xff, 0xff, 6, 0, 0, 0, 1, 0, 0, 0]);
});

Deno.test("a program for 1,024 members always fits, one for thousands may not", () => {
  const upper = Array.from({ length: 512 }, (_, i) => i + 512);
  assertEquals(steeringProgram(1024, upper).length, 2 + 2 * 512 + 1);
  const far = Array.from({ length: 2047 }, (_, i) => i + 2047);
  assertThrows(() => steeringProgram(4094, far), RangeError, "4097 instructions");
});

Deno.test("property: every eligible index is the result of exactly one random number", () => {
  const group = fc.integer({ min: 1, max: 1024 }).chain((size) =>
    fc.record({ size: fc.constant(size), eligible: fc.uniqueArray(fc.nat(size - 1), { minLength: 1 }) })
  );
  const share = fc.tuple(
    fc.integer({ min: 1, max: 1024 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.nat(),
  )
    .map(([size, part, shift]) => ({
      size,
      eligible: Array.from({ length: Math.ceil(part * size) }, (_, i) => (i + shift) % size),
    })).filter(({ eligible }) => eligible.length > 0);
  fc.assert(fc.property(fc.oneof(group, share), ({ size, eligible }) => {
    const program = steeringProgram(size, eligible);
    assertEquals(results(program, eligible.length), eligible.toSorted((a, b) => a - b));
    assert(program.length <= size + 3 && program.length <= maxInstructions);
  }));
});

Deno.test("property: the program of a bridge never picks the one that leaves, before and after", () => {
  fc.assert(fc.property(fc.integer({ min: 2, max: 40 }), fc.nat(), (size, pick) => {
    const before = Array.from({ length: size }, (_, i) => i);
    const leaver = pick % size;
    const after = leave(before, leaver);
    const indices = bridge(before, after, (member) => member !== leaver);
    // All other members are eligible, so all of them stay reachable.
    assertEquals(indices.length, size - 1);
    for (const index of results(steeringProgram(size, indices), indices.length)) {
      assert(before[index] !== leaver && (index >= after.length || after[index] !== leaver));
    }
  }));
});
