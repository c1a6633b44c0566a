/**
 * A program that the kernel runs on every segment that arrives at a listening socket (SO_ATTACH_FILTER, classic BPF).
 * It drops requests for new connections and lets handshakes finish that have already begun. A client whose segment
 * was dropped sends it again after a second. Sockets of accepted connections inherit the program, but never receive
 * such a segment.
 */

import type { Instruction } from "./steering_program.ts";

/** Offset of the flags in the TCP header; the program sees the segment from its first byte. */
const flagsOffset = 13;
const syn = 0x02;
const ack = 0x10;

export const refusalProgram: readonly Instruction[] = [
  // BPF_LD|BPF_B|BPF_ABS, BPF_ALU|BPF_AND|BPF_K, BPF_JMP|BPF_JEQ|BPF_K, and BPF_RET|BPF_K twice: drop, or accept.
  { code: 0x30, jt: 0, jf: 0, k: flagsOffset },
  { code: 0x54, jt: 0, jf: 0, k: syn | ack },
  { code: 0x15, jt: 0, jf: 1, k: syn },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
  { code: 0x06, jt: 0, jf: 0, k: 0xffff_ffff },
];
