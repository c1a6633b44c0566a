/**
 * Processes that this one did not start: those in the group of a worker, and those whose parent has ended, which become
 * children of process 1 or of a subreaper (prctl(2)). The runtime waits for each process that it has started by its id,
 * so an adopted one that ends stays as a zombie until it is waited for here. Linux only: elsewhere every call throws.
 */

import { libc } from "../libc.ts";
import { parseIdentity } from "./proc_stat.ts";
import { processIds, procText } from "./proc_text.ts";
import type { OtherProcess } from "../system.ts";

const PR_SET_CHILD_SUBREAPER = 36;
const P_ALL = 0;
const WNOHANG = 1;
const WEXITED = 4;
/** Only looks: the process can be waited for again. */
const WNOWAIT = 0x0100_0000;
/** Of the process id in `siginfo_t`. */
const pidOffset = 16;
const signalNumbers = { SIGTERM: 15, SIGKILL: 9 } as const;

/** Characters of a command line that a log line shows. */
const longestCommand = 80;

export function becomeSubreaper(): void {
  libc().prctl(PR_SET_CHILD_SUBREAPER, 1n, 0n, 0n, 0n);
}

/** An ended child that the last call has seen, and that the runtime may have started itself, as esbuild is. */
let suspect = 0;

/**
 * Waits for children that have ended, except those in `started`, `most` of them. One of another session was not started
 * by the runtime: what this program starts in a session of its own is in `started`. For one of the same session the
 * runtime has until the next call.
 */
export function reapAdopted(started: ReadonlySet<number>, most: number): OtherProcess[] {
  const reaped: OtherProcess[] = [];
  while (reaped.length < most) {
    const pid = endedChild();
    const found = pid === 0 || started.has(pid) ? null : identityOf(pid);
    if (found === null || (found.session === ownSession() && pid !== suspect)) {
      suspect = found === null ? 0 : pid;
      return reaped;
    }
    if (libc().waitpid(pid, null, WNOHANG) !== pid) return reaped;
    reaped.push({ pid, command: found.name });
  }
  return reaped;
}

/** The first child that has ended; 0 if there is none. It is not waited for. */
function endedChild(): number {
  const info = new Uint8Array(128);
  const result = libc().waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT);
  return result === 0 ? new DataView(info.buffer).getInt32(pidOffset, true) : 0;
}

/** The running children of other sessions, except those in `started`. */
export function adoptedChildren(started: ReadonlySet<number>): OtherProcess[] {
  return processIds().filter((pid) => {
    if (started.has(pid)) return false;
    const found = identityOf(pid);
    return found?.parent === Deno.pid && found.session !== ownSession() && !found.hasEnded;
  }).map(describe);
}

export function groupMembers(leader: number): OtherProcess[] {
  // Looking through /proc takes 10 µs for each process of the host; asking the kernel takes 1.
  if (libc().kill(-leader, 0) !== 0) return [];
  return processIds().filter((pid) => {
    const found = identityOf(pid);
    return found?.group === leader && !found.hasEnded;
  }).map(describe);
}

export function signalGroup(leader: number, signal: keyof typeof signalNumbers): void {
  libc().kill(-leader, signalNumbers[signal]);
}

function identityOf(pid: number): ReturnType<typeof parseIdentity> {
  return parseIdentity(procText(`/proc/${pid}/stat`));
}

function ownSession(): number | undefined {
  return identityOf(Deno.pid)?.session;
}

function describe(pid: number): OtherProcess {
  const command = procText(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim() || identityOf(pid)?.name ||
    "?";
  return { pid, command: command.length > longestCommand ? `${command.slice(0, longestCommand)}…` : command };
}
