/**
 * Runs a program for which the kernel lacks a system call, as an older kernel or a seccomp profile would have it:
 * `deno run -A forbidden_call.ts NUMBER COMMAND...`. The process becomes the program, under the same process id.
 */

/** What `command` becomes if the call with this name fails with ENOSYS. */
export function without(name: keyof typeof calls, command: readonly string[]): readonly string[] {
  const number = calls[name][Deno.build.arch];
  return [Deno.execPath(), "run", "-A", "--no-check", import.meta.filename!, String(number), ...command];
}

const calls = { memfd_create: { x86_64: 319, aarch64: 279 } } as const;

const [PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER] = [38, 22, 2];
const ENOSYS = 38;

// Instructions of classic BPF, see seccomp(2).
const [loadWord, jumpIfEqual, return_] = [0x20, 0x15, 0x06];
const [allow, fail] = [0x7fff_0000, 0x0005_0000];

/** A `struct sock_filter` for each instruction. */
function filterFor(call: number): Uint8Array<ArrayBuffer> {
  const instructions = [[loadWord, 0, 0, 0], [jumpIfEqual, 0, 1, call], [return_, 0, 0, fail | ENOSYS], [
    return_,
    0,
    0,
    allow,
  ]];
  const bytes = new Uint8Array(8 * instructions.length);
  const view = new DataView(bytes.buffer);
  instructions.forEach(([code, ifTrue, ifFalse, operand], index) => {
    view.setUint16(8 * index, code!, true);
    view.setUint8(8 * index + 2, ifTrue!);
    view.setUint8(8 * index + 3, ifFalse!);
    view.setUint32(8 * index + 4, operand!, true);
  });
  return bytes;
}

function addressOf(buffer: ArrayBufferView<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(buffer));
}

function become(call: number, command: readonly string[]): never {
  const { prctl, execv } = Deno.dlopen("libc.so.6", {
    prctl: { parameters: ["i32", "u64", "buffer", "u64", "u64"], result: "i32" },
    execv: { parameters: ["buffer", "buffer"], result: "i32" },
  }).symbols;
  const filter = filterFor(call);
  const program = BigUint64Array.of(BigInt(filter.length / 8), addressOf(filter));
  if (prctl(PR_SET_NO_NEW_PRIVS, 1n, null, 0n, 0n) !== 0) throw new Error("prctl PR_SET_NO_NEW_PRIVS");
  if (prctl(PR_SET_SECCOMP, BigInt(SECCOMP_MODE_FILTER), program, 0n, 0n) !== 0) {
    throw new Error("prctl PR_SET_SECCOMP");
  }
  const texts = command.map((text) => new TextEncoder().encode(`${text}\0`));
  execv(texts[0]!, BigUint64Array.from([...texts.map(addressOf), 0n]));
  throw new Error(`cannot run ${command.join(" ")}`);
}

if (import.meta.main) {
  const [call, ...command] = Deno.args;
  become(Number(call), command);
}
