/** How far a command is that is waited for, on the terminal of the operator: scripts get only the answer. */

import { fetchStatus } from "../../control/control_client.ts";
import type { QueuedCommand } from "../../core/operator_commands.ts";
import type { Status } from "../../core/telemetry/status.ts";
import { workerCounts } from "../../core/telemetry/worker_counts.ts";
import { canRewrite } from "../../core/terminal_features.ts";
import { sleep } from "../../system/clock.ts";
import type { System } from "../../system/system.ts";
import { findSuccessor } from "./find_server.ts";

/** Milliseconds between two looks at the server; to find another master, all that this user runs are asked. */
const interval = 100;
const searchInterval = 500;

const eraseLine = "\r\x1b[K";

/** Does `work`, the command `name` given to the server at `socket`; stderr, a terminal, shows meanwhile how far it is. */
export async function showingProgress<Result>(
  system: System,
  socket: string,
  name: QueuedCommand,
  work: () => Promise<Result>,
): Promise<Result> {
  const { host } = system;
  const isRewritten = canRewrite(true, host.env);
  const before = await fetchStatus(system, socket);
  let shown = "";
  let isOver = false;
  const done = work().finally(() => isOver = true);
  const end = done.then(() => {}, () => {});
  while (!isOver) {
    const text = await progress(system, socket, name, before).catch(() => shown);
    if (text !== shown && !isOver) host.write("stderr", isRewritten ? eraseLine + text : `${text}\n`);
    shown = text;
    await Promise.race([end, sleep(system.clock, name === "upgrade" ? searchInterval : interval)]);
  }
  if (isRewritten && shown !== "") host.write("stderr", eraseLine);
  return await done;
}

async function progress(
  system: System,
  socket: string,
  name: QueuedCommand,
  before: Status,
): Promise<string> {
  if (name === "upgrade") return upgradeProgress(await findSuccessor(system, before.pid));
  const now = await fetchStatus(system, socket);
  return name === "reload" ? reloadProgress(before, now) : counted(now, now.generation);
}

/** `before`: the status when the reload was asked for. */
export function reloadProgress(before: Status, now: Status): string {
  const newest = Math.max(now.generation, ...now.workers.map(({ generation }) => generation));
  return newest > before.generation ? counted(now, newest) : "building the app";
}

/** `successor` is `null` until it answers. */
export function upgradeProgress(successor: Status | null): string {
  return successor === null ? "starting the new master" : counted(successor, successor.generation);
}

function counted(status: Status, generation: number): string {
  const { ready, spare, paused, wanted } = workerCounts(status, generation);
  const all = wanted + status.spares;
  // What is waited for is their boot: one that has paused since does not hold it up.
  return `${Math.min(ready + spare + paused, all)} of ${all} ${all === 1 ? "worker" : "workers"} ready`;
}
