/** Why a worker was never ready, as one error for the operator. */

import { DenicornError } from "../../core/errors.ts";
import { anyRunsIn } from "../../core/hook_table.ts";
import { reasonOf } from "../../core/reason.ts";
import { fullHeap } from "../../core/pool/death.ts";
import { listenTimeout, type WorkerState } from "../../core/pool/worker_state.ts";
import type { ExitStatus, System } from "../../system/system.ts";
import type { Generation } from "./generation.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** `state` is the state of the worker before it ended with `status`. */
export function bootFailure(worker: WorkerHandle, state: WorkerState, status: ExitStatus): DenicornError {
  if (worker.failure !== null) {
    const { code, message, detail } = worker.failure;
    return new DenicornError(code, message, { detail });
  }
  if (state.is === "killed" && state.because === "boot-timeout") return bootTimedOut(worker);
  if (state.is === "killed" && state.because === "listen-timeout") {
    return new DenicornError(
      "boot-timeout",
      `cannot boot a worker: it had loaded its app, but did not listen in time (at most ${
        listenTimeout / 1000
      } s) ` +
        "when it was its turn: look for code that blocks the event loop after the import",
    );
  }
  if (state.is === "killed" && state.because === "broke-protocol") {
    return new DenicornError(
      "boot-death",
      `cannot boot a worker: it sent a bad message to the master (${state.detail}): look for code of the app that ` +
        "writes to files which it has not opened",
    );
  }
  if (state.is === "killed" && state.because === "sockets-missing") {
    return new DenicornError(
      "boot-death",
      `cannot boot a worker: the master did not get its listening sockets (${state.detail}): is the limit of open ` +
        "files reached?",
    );
  }
  const how = status.signal === null ? `with exit code ${status.code}` : `by ${status.signal}`;
  return new DenicornError(
    "boot-death",
    `cannot boot a worker: its ${worker.process.thread === undefined ? "process" : "thread"} ended ${how} ${
      stageOfDeath(worker, state, status)
    }`,
  );
}

function bootTimedOut({ isConfigured, generation }: WorkerHandle): DenicornError {
  const { readyPath, bootTimeout } = generation.settings;
  const request = readyPath === undefined ? "" : ` or asking it for ${readyPath}`;
  const stage = isConfigured
    ? `was still importing ${
      imported(generation)
    }${request}: look for an await at top level that never ends, or a loop`
    : "had not connected to the master: is the machine overloaded?";
  return new DenicornError(
    "boot-timeout",
    `cannot boot a worker: after ${bootTimeout / 1000} s (boot-timeout) it ${stage}; or raise --boot-timeout`,
  );
}

function stageOfDeath(
  { isConfigured, generation }: WorkerHandle,
  state: WorkerState,
  status: ExitStatus,
): string {
  const heap = fullHeap(status, generation.heapLimit ?? 0);
  if (heap !== "") {
    return `${
      isConfigured ? `while importing ${imported(generation)}` : "before it could load the app"
    }: ${heap}`;
  }
  if (!isConfigured) return "before it could load the app: see its output above";
  if (state.is === "booting" && state.isLoaded) return "after it had loaded the app: see its output above";
  return `while importing ${
    imported(generation)
  }: does it call Deno.exit(), or run out of memory? See its output above`;
}

/** What of the operator runs in a worker that boots, hooks first. */
function imported({ settings: { app = "" }, hooks }: Generation): string {
  if (hooks === undefined || hooks === null || !anyRunsIn("worker", hooks.names)) return app;
  return `the hooks of ${hooks.source} or ${app}`;
}

/** The error for `thrown`, which the system threw when a worker process was started. */
export function spawnFailure(thrown: unknown, system: System): DenicornError {
  const reason = reasonOf(thrown);
  return new DenicornError(
    "boot-death",
    `cannot start a worker process: ${system.host.execPath} (${reason}): ${spawnAdvice(reason)}`,
    { cause: thrown },
  );
}

function spawnAdvice(reason: string): string {
  if (/too many open files/i.test(reason)) {
    return "the master has used up its file descriptors: raise LimitNOFILE= (systemd) or the hard limit (ulimit -Hn)";
  }
  if (/resource temporarily unavailable|cannot allocate memory/i.test(reason)) {
    return "raise the limit of processes (ulimit -u, pids.max, TasksMax=) or of memory; it is tried again";
  }
  if (/argument list too long/i.test(reason)) return "make the values of --env and the environment smaller";
  return "check that it exists, that the workers' user may run it, and that it may enter the working directory";
}
