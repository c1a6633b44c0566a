/**
 * Starts a program with the rights of another account. `Deno.Command` sets a user and a group, but neither further groups
 * nor capabilities: then this program runs first, with `--run-as`, gives up root and becomes the program (execve(2)).
 * The process id stays the same. It takes 20 ms in a compiled program, and nothing of the app runs before it.
 */

import { ExitCode } from "../../core/errors.ts";
import { addressOf, cString, lastError, libc } from "../libc.ts";
import { selfCommand } from "./self_command.ts";
import type { Identity, System } from "../system.ts";

/** Starts this program as the one that gives up root; the identity, and the program with its arguments follow. */
const runAsArgument = "--run-as";

/** The command that starts `command` with an identity, and what the system must set itself. */
export function commandAs(
  system: Pick<System, "host">,
  { uid, gid, groups = [], lowPorts = false }: Identity,
  command: readonly [string, ...string[]],
): { readonly command: readonly [string, ...string[]]; readonly uid?: number; readonly gid?: number } {
  if (uid === undefined || (groups.length === 0 && !lowPorts)) {
    return { command, ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) };
  }
  const identity = JSON.stringify({ uid, gid, groups, lowPorts });
  return { command: [...selfCommand(system), runAsArgument, identity, ...command] };
}

const PR_SET_KEEPCAPS = 8;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_RAISE = 2n;
const CAP_NET_BIND_SERVICE = 10;
const capabilityVersion = 0x2008_0522;

/** Becomes the program that `args` name. Returns only if that fails: with what to write to stderr, and the exit code. */
export function runAs(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): { readonly text: string; readonly code: ExitCode } {
  const [given = "", program, ...rest] = args;
  const identity = identityIn(given);
  if (identity === undefined || program === undefined) {
    const text =
      `denicorn: ${runAsArgument}: is only for Denicorn itself, which starts workers of another user with it: ` +
      "run `denicorn --user USER APP`, or see `denicorn --help`\n";
    return { text, code: ExitCode.usage };
  }
  try {
    // Loaded now: later that could change `errno`.
    libc();
    const c = open();
    giveUpRoot(c, identity);
    const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    c.execve(cString(program), texts([program, ...rest]), texts(variables));
    throw lastError(program);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      text: `denicorn: cannot change to the user of the workers: ${reason}\n`,
      code: ExitCode.internal,
    };
  }
}

/** `undefined` for anything but what `commandAs` writes: a mistake must not start a program as root. */
function identityIn(text: string): Identity | undefined {
  try {
    const { uid, gid, groups, lowPorts } = JSON.parse(text);
    const isId = (value: unknown) =>
      Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32 - 1;
    const isIdentity = isId(uid) && (gid === undefined || isId(gid)) && Array.isArray(groups) &&
      groups.every(isId);
    return isIdentity && typeof lowPorts === "boolean" ? { uid, gid, groups, lowPorts } : undefined;
  } catch {
    return undefined;
  }
}

function open() {
  return Deno.dlopen("libc.so.6", {
    capset: { parameters: ["buffer", "buffer"], result: "i32" },
    execve: { parameters: ["buffer", "buffer", "buffer"], result: "i32" },
    prctl: { parameters: ["i32", "u64", "u64", "u64", "u64"], result: "i32" },
    setgid: { parameters: ["u32"], result: "i32" },
    setgroups: { parameters: ["usize", "buffer"], result: "i32" },
    setuid: { parameters: ["u32"], result: "i32" },
  }).symbols;
}

type Library = ReturnType<typeof open>;

function giveUpRoot(c: Library, { uid, gid, groups = [], lowPorts = false }: Identity): void {
  if (lowPorts) must("prctl(PR_SET_KEEPCAPS)", c.prctl(PR_SET_KEEPCAPS, 1n, 0n, 0n, 0n));
  must("setgroups", c.setgroups(BigInt(groups.length), new Uint32Array(groups)));
  if (gid !== undefined) must("setgid", c.setgid(gid));
  if (uid !== undefined) must("setuid", c.setuid(uid));
  if (lowPorts) passOn(c, CAP_NET_BIND_SERVICE);
}

/** An ambient capability stays through execve(2), see capabilities(7). If the master lacks it, listening says so. */
function passOn(c: Library, capability: number): void {
  const bit = 1 << capability;
  const sets = new Uint32Array([bit, bit, bit, 0, 0, 0]);
  c.capset(new Uint32Array([capabilityVersion, 0]), sets);
  c.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, BigInt(capability), 0n, 0n);
}

function must(call: string, result: number): void {
  if (result !== 0) throw lastError(call);
}

/** Kept, because the array for C holds only their addresses. */
const kept: Uint8Array<ArrayBuffer>[] = [];

/** An array of C strings that ends with NULL. */
function texts(list: readonly string[]): BigUint64Array<ArrayBuffer> {
  const addresses = new BigUint64Array(list.length + 1);
  for (const [index, text] of list.entries()) {
    const bytes = cString(text);
    kept.push(bytes);
    addresses[index] = addressOf(bytes);
  }
  return addresses;
}
