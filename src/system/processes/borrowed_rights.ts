/**
 * Opens files with the rights of another account (setfsuid(2)): what root may do and the account may not then fails, whatever
 * links the account has put in the way. Only this thread changes, and only until the call returns. Linux only.
 */

import { errorNumber, lastError, libc } from "../libc.ts";
import type { Identity } from "../system.ts";

/** By architecture: the function of the C library would change all threads. */
const SYS_setgroups: Readonly<Record<string, number>> = { x86_64: 116, aarch64: 159 };
/** As an id: only returns the current one. */
const none = 0xffff_ffff;
const mostGroups = 65_536;

function load() {
  return Deno.dlopen("libc.so.6", {
    getgroups: { parameters: ["i32", "buffer"], result: "i32" },
    setfsgid: { parameters: ["u32"], result: "u32" },
    setfsuid: { parameters: ["u32"], result: "u32" },
    syscall: { parameters: ["i64", "i64", "buffer"], result: "i64" },
  }).symbols;
}

let symbols: ReturnType<typeof load> | undefined;

/**
 * What `open` returns, and `errno` after it. `open` must be a single call of the C library. Throws if the rights cannot
 * be changed.
 */
export function withRightsOf(account: Identity, open: () => number): { result: number; errno: number } {
  libc();
  const c = symbols ??= load();
  const before = currentGroups(c);
  setGroups(c, new Uint32Array(account.groups ?? []));
  const group = c.setfsgid(account.gid ?? none);
  const user = c.setfsuid(account.uid ?? none);
  try {
    if (account.uid !== undefined && c.setfsuid(none) !== account.uid) {
      throw new Error(`this process may not act for user ${account.uid}`);
    }
    const result = open();
    return { result, errno: errorNumber() };
  } finally {
    c.setfsuid(user);
    c.setfsgid(group);
    setGroups(c, before);
  }
}

function currentGroups(c: ReturnType<typeof load>): Uint32Array<ArrayBuffer> {
  const groups = new Uint32Array(mostGroups);
  const count = c.getgroups(mostGroups, groups);
  if (count < 0) throw lastError("getgroups");
  return groups.slice(0, count);
}

function setGroups(c: ReturnType<typeof load>, groups: Uint32Array<ArrayBuffer>): void {
  const number = SYS_setgroups[Deno.build.arch];
  if (number === undefined) throw new Error(`not supported on ${Deno.build.arch}`);
  if (c.syscall(BigInt(number), BigInt(groups.length), groups) < 0n) throw lastError("setgroups");
}
