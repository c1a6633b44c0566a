/** What hooks get about workers: plain values. */

import { endingOf, stateAtEnd } from "../../core/pool/death.ts";
import type { HookExit, HookWorker } from "../../settings/config_hooks.ts";
import type { ExitStatus } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

export function hookWorkerOf({ number, role, generation, process }: WorkerHandle): HookWorker {
  return { slot: number, role, generation: generation.number, pid: process.pid };
}

/** Call it before the state of the worker changes. */
export function hookExitOf(worker: WorkerHandle, status: ExitStatus): HookExit {
  const state = stateAtEnd(worker.state, status);
  const ending = endingOf(state, status, worker.failure !== null, worker.generation.heapLimit);
  const { code, signal } = status;
  return { code, signal, isExpected: ending.is === "expected", text: ending.text };
}
