/** The text that `denicorn ctl` prints. */

import type { SettingInForce } from "../../control/master_commands.ts";
import type { LifecycleEvent } from "../../core/telemetry/lifecycle.ts";
import type { Status, WorkerStatus } from "../../core/telemetry/status.ts";
import { printable } from "../../core/printable.ts";
import { alignedTable } from "../layout.ts";

export function statusText(status: Status): string {
  const { app, phase, addresses, generation, target, spares, pid, version, runtime, workers } = status;
  const spare = workers.filter(({ state }) => state === "spare").length;
  return lines([
    `${app} is ${phase} on ${addresses.join(", ")}`,
    `denicorn ${version} (${runtime}), master ${pid}, generation ${generation}, ` +
    `${counted(workers.length - spare, "worker")} of ${target}` +
    (spares + spare === 0 ? "" : `, ${counted(spare, "spare")} of ${spares}`),
    "",
    ...workerRows(workers),
  ]);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

export function workersText(workers: readonly WorkerStatus[]): string {
  return lines(workerRows(workers));
}

function workerRows(workers: readonly WorkerStatus[]): string[] {
  return alignedTable([
    ["WORKER", "PID", "GEN", "STATE", "AGE", "REQUESTS", "IN FLIGHT", "WEBSOCKETS", "LAG"],
    ...workers.map((worker) => [
      String(worker.slot),
      String(worker.pid),
      String(worker.generation),
      stateOf(worker),
      ageText(worker.age),
      String(worker.requests),
      String(worker.inFlight),
      String(worker.webSockets),
      `${worker.lag}ms`,
    ]),
  ]);
}

export function settingsText(settings: readonly SettingInForce[]): string {
  return lines(alignedTable(settings.map(({ name, shown }) => [name, shown])));
}

export function eventText({ at, kind, worker, gen, pid, text }: LifecycleEvent): string {
  const who = worker === undefined ? "master" : `worker=${worker} gen=${gen} pid=${pid}`;
  return lines([`${new Date(at).toISOString()} ${kind.padEnd(15)} ${who}  ${text}`]);
}

export function stateOf({ state, isStalled }: WorkerStatus): string {
  return isStalled ? `${state}, stalled` : state;
}

/** `42s`, `5m12s`, `3h07m`, `12d04h`. */
export function ageText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m${two(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? `${hours}h${two(minutes % 60)}m` : `${Math.floor(hours / 24)}d${two(hours % 24)}h`;
}

/** Control characters in a path, a value or the error of an app must not reach the terminal. */
function lines(table: readonly string[]): string {
  return table.map((line) => `${printable(line)}\n`).join("");
}
