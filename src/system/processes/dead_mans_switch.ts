/**
 * Ends this process by SIGALRM when its event loop has been blocked for too long. A kernel timer does it (setitimer(2)),
 * so it needs neither the event loop nor the master, and its default action cannot fail. The parent-death signal
 * (PR_SET_PDEATHSIG) does not do: it follows the thread that started the process.
 *
 * A timer goes on while its process is stopped or frozen, as `docker pause` does. A single one would end every
 * worker at the moment it continues. So the time is counted in two halves: the first SIGALRM only calls a function
 * that does nothing, and restores the default action (SA_RESETHAND). Signals that are due while a process is stopped
 * arrive as one, so a process that continues has up to half of the time left to arm the timer again.
 */

import { cString, libc } from "../libc.ts";
import { ITIMER_REAL } from "../linux_constants.ts";

const SIGALRM = 14;
const SIG_IGN = 1n;
const SA_RESETHAND = 0x8000_0000;
const SA_RESTART = 0x1000_0000;

/** `struct sigaction` of glibc on x86_64 and aarch64: the handler, a mask of 1,024 signals, the flags, the restorer. */
const actionSize = 152;
const flagsOffset = 136;

interface Switch {
  /** The function that the first SIGALRM calls. */
  readonly handler: bigint;
  readonly action: Uint8Array<ArrayBuffer>;
  readonly previous: Uint8Array<ArrayBuffer>;
  /** `struct itimerval`: interval and time left, each in seconds and microseconds. */
  readonly timer: BigInt64Array<ArrayBuffer>;
}

let state: Switch | "off" | null = null;

/**
 * Ends this process in `ms` milliseconds unless it is called again before; 0 turns that off. It takes 1 µs. Does
 * nothing where the system has no such timer, and from the moment on that the app itself handles SIGALRM.
 */
export function endUnlessCalledWithin(ms: number): void {
  if (state === "off") return;
  try {
    state ??= prepare();
  } catch {
    state = "off";
    return;
  }
  const { sigaction, setitimer } = libc();
  sigaction(SIGALRM, state.action, state.previous);
  const previous = handlerIn(state.previous);
  const isOfApp = previous > SIG_IGN && previous !== state.handler;
  if (isOfApp) sigaction(SIGALRM, state.previous, null);
  const half = isOfApp ? 0 : Math.ceil(ms / 2);
  const [seconds, microseconds] = [BigInt(Math.floor(half / 1000)), BigInt(half % 1000 * 1000)];
  state.timer.set([seconds, microseconds, seconds, microseconds]);
  setitimer(ITIMER_REAL, new Uint8Array(state.timer.buffer), null);
  if (isOfApp) state = "off";
}

function prepare(): Switch {
  const handler = addressOf("abs");
  const action = new Uint8Array(actionSize);
  const view = new DataView(action.buffer);
  view.setBigUint64(0, handler, true);
  view.setUint32(flagsOffset, (SA_RESETHAND | SA_RESTART) >>> 0, true);
  return { handler, action, previous: new Uint8Array(actionSize), timer: new BigInt64Array(4) };
}

function handlerIn(action: Uint8Array<ArrayBuffer>): bigint {
  return new DataView(action.buffer).getBigUint64(0, true);
}

/** Of a function of the C library that takes a number and changes nothing, as a handler must. */
function addressOf(name: string): bigint {
  // In the C library itself since glibc 2.34.
  const find = libc().dlsym ??
    Deno.dlopen("libdl.so.2", { dlsym: { parameters: ["pointer", "buffer"], result: "pointer" } }).symbols
      .dlsym;
  const address = find(null, cString(name));
  if (address === null) throw new Error(`the C library has no ${name}`);
  return Deno.UnsafePointer.value(address);
}
