/** The terminal that controls this process, if there is one: credentials(7), tty(4). Linux only. */

import { cString, libc } from "../libc.ts";
import { O_CLOEXEC, O_NOCTTY } from "../linux_constants.ts";
import { procText } from "../processes/proc_text.ts";
import type { TerminalPlace } from "../system.ts";

const SIGHUP = 1n;

/** It takes 3 µs. */
export function terminalPlace(): TerminalPlace {
  const { open, tcgetpgrp, getpgrp, close } = libc();
  // Fails without a controlling terminal, and from the moment on that it has been closed.
  const terminal = open(cString("/dev/tty"), O_NOCTTY | O_CLOEXEC, 0);
  if (terminal < 0) return "none";
  try {
    return tcgetpgrp(terminal) === getpgrp() ? "foreground" : "background";
  } finally {
    close(terminal);
  }
}

/** Whether SIGHUP is ignored, as `nohup` sees to it. False once this process handles it. */
export function ignoresHangup(): boolean {
  const [, mask] = /^SigIgn:\s*([0-9a-f]+)/m.exec(procText("/proc/self/status")) ?? [];
  return mask !== undefined && (BigInt(`0x${mask}`) >> (SIGHUP - 1n) & 1n) === 1n;
}
