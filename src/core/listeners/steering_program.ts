/**
 * The program that the kernel runs to pick the socket of a SO_REUSEPORT group for a new connection
 * (SO_ATTACH_REUSEPORT_CBPF, classic BPF). It returns an index in the order of `core/listeners/reuseport_group.ts`; for
 * an index past the end the kernel falls back to its own hash.
 *
 * With n eligible members it draws a random r in [0, n). If r is eligible, it is the result. Every other r (a hole)
 * is mapped to one eligible index that is n or more. There are as many holes as such indices, so all eligible members
 * are equally likely, and the program needs two instructions per hole and none for the other members.
 */

/** `struct sock_filter` of `linux/filter.h`. */
export interface Instruction {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** The kernel's limit, `BPF_MAXINSNS`. */
export const maxInstructions = 4096;

/** An index that is past the end of every group. */
export const fallBack = 0xffff_ffff;

// BPF_LD|BPF_W|BPF_ABS, BPF_ALU|BPF_MOD|BPF_K, BPF_JMP|BPF_JEQ|BPF_K, BPF_RET|BPF_K and BPF_RET|BPF_A.
const opcodes = { load: 0x20, modulo: 0x94, jumpIfEqual: 0x15, returnConstant: 0x06, returnA: 0x16 } as const;

/** SKF_AD_OFF + SKF_AD_RANDOM: a load from this offset gives 32 random bits. */
const randomOffset = 0xffff_f000 + 56;

/**
 * A program that picks evenly among the `eligible` indices of a group of `size` sockets. Values that are not an index
 * of the group are ignored. If none is left, the kernel's hash decides. Throws a RangeError if the program would be
 * too long for the kernel.
 */
export function steeringProgram(size: number, eligible: readonly number[]): Instruction[] {
  const chosen = new Set(eligible.filter((index) => Number.isInteger(index) && index >= 0 && index < size));
  const count = chosen.size;
  if (count === 0) return [instruction("returnConstant", fallBack)];

  const outOfRange = [...chosen].filter((index) => index >= count);
  const holes = Array.from({ length: count }, (_, r) => r).filter((r) => !chosen.has(r));
  const program = [
    instruction("load", randomOffset),
    instruction("modulo", count),
    // A jump reaches 255 instructions at most, so each result follows right after its comparison.
    ...holes.flatMap((hole, i) => [
      { ...instruction("jumpIfEqual", hole), jf: 1 },
      instruction("returnConstant", outOfRange[i]!),
    ]),
    instruction("returnA", 0),
  ];
  if (program.length > maxInstructions) {
    throw new RangeError(
      `steering connections: ${count} of ${size} sockets need ${program.length} instructions, ` +
        `but the kernel allows ${maxInstructions}: use fewer workers`,
    );
  }
  return program;
}

/** The program as the kernel reads it: u16 code, u8 jt, u8 jf, u32 k, little endian as on all supported machines. */
export function encodeProgram(instructions: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(instructions.length * 8);
  const view = new DataView(bytes.buffer);
  instructions.forEach(({ code, jt, jf, k }, i) => {
    view.setUint16(i * 8, code, true);
    view.setUint8(i * 8 + 2, jt);
    view.setUint8(i * 8 + 3, jf);
    view.setUint32(i * 8 + 4, k, true);
  });
  return bytes;
}

function instruction(name: keyof typeof opcodes, k: number): Instruction {
  return { code: opcodes[name], jt: 0, jf: 0, k };
}
