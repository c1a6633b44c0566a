/** Why a worker did not come up, as the one error the operator reads. */

import { DenicornError } from "../../core/errors.ts";
import type { WorkerState } from "../../core/pool/worker_state.ts";
import type { ExitStatus, System } from "../../system/system.ts";
import type { WorkerHandle } from "./worker_handle.ts";

/** `state` is the worker's last one before it ended with `status`. */
export function bootFailure(worker: WorkerHandle, state: WorkerState, status: ExitStatus): DenicornError {
  if (worker.failure !== null) {
    const { code, message, detail } = worker.failure;
    return new DenicornError(code, message, { detail });
  }
  const { app = "", readyPath } = worker.generation.settings;
  if (state.is === "killed" && state.because === "boot-timeout") {
    const seconds = worker.generation.settings.bootTimeout / 1000;
    const master = worker.isConfigured
      ? `was still importing ${app}${
        readyPath === undefined ? "" : ` or asking it for ${readyPath}`
      }: look for an await at top level that never ends, or a loop`
      : "had not connected to the master: is the machine overloaded?";
    return new DenicornError(
      "boot-timeout",
      `cannot boot a worker: after ${seconds} s (boot-timeout) it ${master}; or raise --boot-timeout`,
    );
  }
  const how = status.signal === null ? `with exit code ${status.code}` : `by ${status.signal}`;
  const master = worker.isConfigured
    ? `while importing ${app}: does it call Deno.exit(), or run out of memory? Its output stands above`
    : "before it could load the app: its output stands above";
  return new DenicornError("boot-death", `cannot boot a worker: its process ended ${how} ${master}`);
}

/** What the system says when a process cannot be started. */
export function spawnFailure(thrown: unknown, system: System): DenicornError {
  try {
    system.files.stat(system.host.cwd());
  } catch (error) {
    return missingDirectory(error);
  }
  const reason = thrown instanceof Error ? thrown.message : String(thrown);
  return new DenicornError(
    "boot-death",
    `cannot start a worker process: ${system.host.execPath} (${reason}): check that it exists, that the ` +
      "workers' user may run it and enter the working directory, and that the limit of processes is not reached " +
      "(ulimit -u)",
    { cause: thrown },
  );
}

/** The working directory was removed under the running server. */
export function missingDirectory(cause: unknown): DenicornError {
  return new DenicornError(
    "chdir",
    "cannot use the working directory: it was removed: create it again and restart, or start with --chdir",
    { cause },
  );
}
