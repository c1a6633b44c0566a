/** Whether the end of a worker was intended, and how the log describes it. */

import type { DeathCause } from "./backoff.ts";
import type { KillReason, WorkerState } from "./worker_state.ts";

interface Exit {
  readonly code: number;
  readonly signal: string | null;
}

export type Ending =
  | { readonly is: "expected"; readonly text: string; readonly worthReporting: boolean }
  | { readonly is: "death"; readonly text: string; readonly cause: DeathCause };

/**
 * `state` is the one before the exit. `failed` is true if the worker had reported an error it cannot recover from.
 * `heapLimit` is the one it was started with, in bytes; 0 for the limit of the runtime.
 */
export function endingOf(state: WorkerState, exit: Exit, failed: boolean, heapLimit = 0): Ending {
  const how = howItEnded(exit, heapLimit);
  switch (state.is) {
    case "booting":
      return { is: "death", text: `died before it was ready (${how})`, cause: causeOf(exit, "boot") };
    case "ready":
      return { is: "death", text: `died (${how})`, cause: causeOf(exit, "crash") };
    case "draining":
      // The error was already logged, and counted as a death, when the worker reported it.
      if (failed) {
        return { is: "expected", text: `finished after an uncaught error (${how})`, worthReporting: false };
      }
      if (finished.has(exit.code) && exit.signal === null) {
        return { is: "expected", text: "drained", worthReporting: false };
      }
      return { is: "expected", text: `died while draining (${how})`, worthReporting: true };
    case "killed":
      return withDetail(killed[state.because], state.detail);
    case "gone":
      return { is: "expected", text: "gone", worthReporting: false };
  }
}

/**
 * Listeners of the app for SIGTERM and SIGINT, which run after the last request, may end the process with 128 and the
 * number of the signal, as those of Next.js do.
 */
const finished: ReadonlySet<number> = new Set([0, 130, 143]);

const killed: Readonly<Record<KillReason, Ending>> = {
  "boot-timeout": { is: "death", text: "killed: not ready within boot-timeout", cause: "boot" },
  "listen-timeout": { is: "death", text: "killed: did not listen when it was its turn", cause: "boot" },
  "lost-listeners": {
    is: "death",
    text: "killed: lost its listeners and did not listen again when it was its turn",
    cause: "hang",
  },
  "unresponsive": { is: "death", text: "killed: unresponsive for longer than timeout", cause: "hang" },
  "broke-protocol": { is: "death", text: "killed: sent a bad message to the master", cause: "crash" },
  "sockets-missing": { is: "death", text: "killed: its listening sockets are missing", cause: "crash" },
  "drain-overdue": {
    is: "expected",
    text: "killed: not drained in time (graceful-timeout, shutdown-timeout)",
    worthReporting: true,
  },
  "old-generation": { is: "expected", text: "killed: too many old generations", worthReporting: true },
  "unwanted": { is: "expected", text: "stopped before it was ready", worthReporting: false },
  "quick-stop": { is: "expected", text: "stopped", worthReporting: false },
};

function withDetail(ending: Ending, detail: string | undefined): Ending {
  return detail === undefined ? ending : { ...ending, text: `${ending.text} (${detail})` };
}

/** The kernel ends a worker by SIGALRM if its event loop is blocked and the master does not kill it in time. */
const blockedSignal = "SIGALRM";

/**
 * The state in which a worker ended that was in `state` when it did. On a loaded machine the timer of the kernel can come
 * before the master, which would have killed the worker for the same reason.
 */
export function stateAtEnd(state: WorkerState, { signal }: Exit): WorkerState {
  if (signal !== blockedSignal) return state;
  if (state.is === "ready") return { is: "killed", because: "unresponsive" };
  if (state.is !== "booting") return state;
  return { is: "killed", because: state.isLoaded ? "listen-timeout" : "boot-timeout" };
}

/**
 * By it V8 ends its process when it gives up, after a report on stderr. That is nearly always because the heap is full;
 * the report ("Fatal JavaScript out of memory") does not go through the master.
 */
const gaveUpSignal = "SIGTRAP";

/** Why a process ended and what to do about it, if its heap was probably full; otherwise empty. `heapLimit` as above. */
export function fullHeap({ signal }: Exit, heapLimit: number): string {
  if (signal !== gaveUpSignal) return "";
  const advice = "look for a memory leak";
  return heapLimit === 0
    ? `its heap was probably full, at the limit of the runtime: ${advice}, or replace workers that grow (max-memory)`
    : `its heap was probably full, at ${heapLimit / 1024 ** 2}M (max-heap): ${advice}, or raise max-heap`;
}

function howItEnded(exit: Exit, heapLimit: number): string {
  const { code, signal } = exit;
  if (signal === null) return `exit code ${code}`;
  if (signal === gaveUpSignal) return `${signal}: ${fullHeap(exit, heapLimit)}`;
  return signal === blockedSignal ? `${signal}: its event loop was blocked for longer than allowed` : signal;
}

function causeOf(exit: Exit, otherwise: DeathCause): DeathCause {
  return exit.signal === "SIGKILL" ? "killed" : otherwise;
}
