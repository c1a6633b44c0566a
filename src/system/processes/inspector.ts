/**
 * From 2.9.2 on, Deno opens its inspector at 127.0.0.1:9229 when SIGUSR1 arrives, also if the program handles the signal
 * (https://github.com/denoland/deno/pull/35738). Through it every user of the machine can run code in this process, and
 * there is no option against it, so it is closed as soon as it is open. A compiled program has none.
 *
 * Deno panics if there is no file descriptor for the inspector, so some are reserved for it.
 */

import { lazyModule } from "../lazy_module.ts";
import { cString, libc } from "../libc.ts";
import { O_CLOEXEC } from "../linux_constants.ts";
import type { Signal } from "../system.ts";

const inspectorModule = lazyModule(() => import("node:inspector"));

const place = "127.0.0.1:9229";

/** Milliseconds between two looks, and how many there are: the runtime opens it on another thread. */
const pause = 2;
const looks = 1_000;

/** A thread with an event loop of its own (5 descriptors), a listener, and some for what opens files meanwhile. */
const reserveSize = 8;
const reserve: number[] = [];

/** Milliseconds after its start from which on the runtime handles the signal. */
const handledAfter = 500;

/** Call it at the start of a process that handles `signal`. A worker keeps descriptors free anyway. */
export function reserveForInspector(signal: Signal): void {
  if (signal !== "SIGUSR1" || Deno.build.standalone || Deno.build.os !== "linux") return;
  if (Deno.args[0] === "--worker") return;
  Deno.unrefTimer(setTimeout(fillReserve, handledAfter));
}

function fillReserve(): void {
  if (isRequested()) return;
  while (reserve.length < reserveSize) {
    const descriptor = libc().open(cString("/dev/null"), O_CLOEXEC, 0);
    if (descriptor < 0) return;
    reserve.push(descriptor);
  }
}

/** Call it when `signal` has arrived. */
export async function closeInspectorAfter(signal: Signal): Promise<void> {
  if (signal !== "SIGUSR1" || Deno.build.standalone || isRequested()) return;
  const hadReserve = reserve.length > 0;
  for (const descriptor of reserve.splice(0)) libc().close(descriptor);
  await closeInspector();
  if (hadReserve) fillReserve();
}

async function closeInspector(): Promise<void> {
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
  try {
    return /\0--inspect/.test(Deno.readTextFileSync("/proc/self/cmdline"));
  } catch {
    return false;
  }
}
