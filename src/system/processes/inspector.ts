/**
 * From 2.9.2 on, Deno opens its inspector at 127.0.0.1:9229 when SIGUSR1 arrives, also if the program handles the signal
 * (https://github.com/denoland/deno/pull/35738). Through it every user of the machine can run code in this process, and
 * there is no option against it. A compiled program has none.
 *
 * If an inspector is open already, the signal opens no other. So a master opens one to which nobody can connect: its
 * listener drops every segment. When the signal arrives, no file descriptor is needed for it then, without which Deno
 * panics; a thread still is. A worker, which seldom gets the signal, closes the inspector as soon as it is open.
 */

import { encodeProgram } from "../../core/listeners/steering_program.ts";
import { lazyModule } from "../lazy_module.ts";
import { cString, libc } from "../libc.ts";
import { F_DUPFD_CLOEXEC, MFD_CLOEXEC } from "../linux_constants.ts";
import { tcpSockets } from "../network/tcp_sockets.ts";
import { openFiles } from "../open_files.ts";
import { ownCommandLine } from "./own_command_line.ts";
import type { Signal } from "../system.ts";

const inspectorModule = lazyModule(() => import("node:inspector"));

const place = "127.0.0.1:9229";

/** Milliseconds between two looks, and how many there are: the runtime opens it on another thread. */
const pause = 2;
const looks = 1_000;

/** Milliseconds after its start at which a master opens one: the runtime handles the signal from 500 on. */
const openedAfter = 300;

/** Milliseconds until the next attempt of a master that is short of file descriptors. */
const retryPause = 100;

/** BPF_RET|BPF_K with 0: drops every segment. */
const dropAll = encodeProgram([{ code: 0x06, jt: 0, jf: 0, k: 0 }]);

/** Whether one is open to which nobody can connect. */
let isOccupied = false;

/** Call it at the start of a process that handles `signal`. */
export function preventInspector(signal: Signal): void {
  if (signal !== "SIGUSR1" || Deno.build.standalone || Deno.build.os !== "linux") return;
  if (Deno.args[0] === "--worker") return;
  Deno.unrefTimer(setTimeout(occupy, openedAfter));
}

/** More than an inspector takes: where none is free, the runtime panics in its thread, and the process ends. */
const neededDescriptors = 16;

async function occupy(): Promise<void> {
  if (isRequested()) return;
  if (!openFiles.hasAvailable(neededDescriptors)) return Deno.unrefTimer(setTimeout(occupy, retryPause));
  const { default: inspector } = await inspectorModule();
  if (inspector.url() !== undefined) return;
  try {
    withoutBanner(() => {
      inspector.open(0, "127.0.0.1");
      const port = Number(new URL(inspector.url() ?? "").port);
      const own = tcpSockets.listeners().find((listener) => listener.port === port);
      if (own === undefined) throw new Error("the listener of the inspector was not found");
      tcpSockets.filter(own.descriptor, dropAll);
    });
    isOccupied = true;
  } catch {
    // Without the permission, or the filter: then it is closed whenever the signal has opened it.
    if (inspector.url() !== undefined) inspector.close();
  }
}

/** The runtime prints where the inspector listens, from another thread: in the first millisecond. */
const longestBanner = 20;
const endOfBanner = "chrome://inspect";

function withoutBanner(open: () => void): void {
  const { fcntl, memfd_create, dup3, close, poll } = libc();
  const stderr = fcntl(2, F_DUPFD_CLOEXEC, 3);
  const sink = memfd_create(cString("banner"), MFD_CLOEXEC);
  const isPossible = stderr >= 0 && sink >= 0 && dup3(sink, 2, 0) >= 0;
  try {
    open();
    const isPrinted = () => Deno.readTextFileSync(`/proc/self/fd/${sink}`).includes(endOfBanner);
    const longest = isPossible && !hasFlag(/\0(--quiet|-q)\0/) ? longestBanner : 0;
    for (let ms = 0; ms < longest && !isPrinted(); ms++) poll(new Uint8Array(8), 0n, 1);
  } finally {
    if (isPossible) dup3(stderr, 2, 0);
    if (stderr >= 0) close(stderr);
    if (sink >= 0) close(sink);
  }
}

/** Call it when `signal` has arrived. */
export async function closeInspectorAfter(signal: Signal): Promise<void> {
  if (signal !== "SIGUSR1" || isOccupied || Deno.build.standalone || isRequested()) return;
  const { default: inspector } = await inspectorModule();
  for (let look = 0; look < looks; look++) {
    const url = inspector.url();
    if (url?.startsWith(`ws://${place}/`) === true) return inspector.close();
    // The app has opened it: then the signal opens no other.
    if (url !== undefined) return;
    await new Promise((resolve) => Deno.unrefTimer(setTimeout(resolve, pause)));
  }
}

/** Whether this process was started with an inspector. */
function isRequested(): boolean {
  return hasFlag(/\0--inspect/);
}

function hasFlag(flag: RegExp): boolean {
  return flag.test(ownCommandLine());
}
