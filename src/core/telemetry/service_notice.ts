/** What a service manager such as systemd learns about the server: sd_notify(3). */

import type { LifecycleEvent, LifecycleKind } from "./lifecycle.ts";

/**
 * - `serving`: it has started, or a reload or an upgrade is over, also one that failed: the server serves.
 * - `changing`: a reload or an upgrade is in progress.
 * - `replaced`: another process is the master from now on, and has as long as any for its first sign of life.
 */
type ServiceState = "serving" | "changing" | "replaced" | "stopping" | "described";

const states: Partial<Readonly<Record<LifecycleKind, ServiceState>>> = {
  "complete": "serving",
  "reload-began": "changing",
  "reload-complete": "serving",
  "reload-failed": "serving",
  "upgrade-began": "changing",
  "upgrade-failed": "serving",
  "upgraded": "replaced",
  "scaled": "described",
  "stopping": "stopping",
};

interface NoticeTimes {
  /** CLOCK_MONOTONIC, in milliseconds: systemd compares it with the moment of the signal that asked for a reload. */
  readonly now: number;
  /** How long a stop may take, in milliseconds: systemd waits no shorter than that. */
  readonly stopLimit: number;
}

/** The datagram about `event`; `null` if it says nothing about the service as a whole. */
export function noticeOf(
  { kind, text, pid }: Pick<LifecycleEvent, "kind" | "text" | "pid">,
  { now, stopLimit }: NoticeTimes,
): string | null {
  const state = states[kind];
  if (state === undefined) return null;
  const lines = {
    serving: ["READY=1"],
    changing: ["RELOADING=1", `MONOTONIC_USEC=${microseconds(now)}`],
    replaced: [`MAINPID=${pid}`, "READY=1", "WATCHDOG=1"],
    stopping: ["STOPPING=1", `EXTEND_TIMEOUT_USEC=${microseconds(stopLimit)}`],
    described: [],
  }[state];
  return [...lines, `STATUS=${text.replaceAll(/\s*\n\s*/g, " ")}`].join("\n");
}

function microseconds(ms: number): string {
  return Math.round(ms * 1_000).toFixed(0);
}

/**
 * Milliseconds between two signs of life, half of what is allowed (sd_watchdog_enabled(3)); `null` without a watchdog.
 * `usec` and `pid` are WATCHDOG_USEC and WATCHDOG_PID: they are meant for the process that the service manager has
 * started, so after an upgrade (`isSuccessor`) the number is that of an old master.
 */
export function watchdogInterval(
  { usec, pid }: { readonly usec: string | undefined; readonly pid: string | undefined },
  own: number,
  isSuccessor: boolean,
): number | null {
  if (usec === undefined || !/^[1-9]\d*$/.test(usec)) return null;
  if (pid !== undefined && pid !== String(own) && !isSuccessor) return null;
  return Number(usec) / 1_000 / 2;
}
