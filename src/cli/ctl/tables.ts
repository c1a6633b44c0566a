/** The text that `denicorn ctl` prints. */

import type { SettingInForce } from "../../control/master_commands.ts";
import type { ChannelStatus } from "../../core/telemetry/channel_status.ts";
import type { LifecycleEvent } from "../../core/telemetry/lifecycle.ts";
import type { Status, WorkerStatus } from "../../core/telemetry/status.ts";
import { transitionText } from "../../core/telemetry/transition_text.ts";
import { workerCounts } from "../../core/telemetry/worker_counts.ts";
import { printable } from "../../core/printable.ts";
import { alignedTable } from "../layout.ts";
import { ageText, counted, lines, stateOf } from "./figures.ts";
import { backlogLines } from "./task_tables.ts";

export function statusText(status: Status): string {
  const { app, phase, addresses, generation, spares, pid, version, runtime, workers } = status;
  const { tasks, channels } = status;
  const transition = transitionText(status);
  const { ready, spare, paused, others, wanted } = workerCounts(status, generation);
  return lines([
    `${app} is ${phase} on ${addresses.join(", ")}`,
    `denicorn ${version} (${runtime}), master ${pid}, generation ${generation}, ` +
    `${ready} of ${counted(wanted, "worker")} ready` +
    (paused === 0 ? "" : `, ${paused} paused`) +
    (others === 0 ? "" : `, ${counted(others, "other")}`) +
    (spares + spare === 0 ? "" : `, ${counted(spare, "spare")} of ${spares}`),
    ...(transition === null ? [] : [transition]),
    ...(channels === null ? [] : [channelLine(channels)]),
    ...(tasks === null ? [] : backlogLines(tasks)),
    "",
    ...workerRows(workers),
  ]);
}

function channelLine({ place, problem, totals: { sent, received, dropped } }: ChannelStatus): string {
  if (problem !== null) return `channels reach only this machine: ${problem}`;
  return `channels reach other machines through Redis at ${place}: ${sent} sent, ${received} received, ${dropped} dropped`;
}

/** A server as `ctl list` shows it. */
interface ListedServer {
  readonly pid: number;
  readonly app: string;
  readonly phase: Status["phase"];
  readonly addresses: readonly string[];
  readonly workers: number;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Milliseconds since then. */
  readonly age: number;
  readonly version: string;
  readonly socket: string;
}

export function serverIn(
  { pid, app, phase, addresses, workers, startedAt, at, version }: Status,
): Omit<ListedServer, "socket"> {
  const age = at - startedAt;
  return { ...{ pid, app, phase, addresses, startedAt, age, version }, workers: workers.length };
}

export function serversText(servers: readonly ListedServer[]): string {
  if (servers.length === 0) return "no server of this user answers\n";
  return lines(alignedTable([
    ["PID", "APP", "STATE", "WORKERS", "AGE", "ADDRESSES", "SOCKET"],
    ...servers.map(({ pid, app, phase, addresses, workers, age, socket }) => [
      ...[String(pid), printable(app), phase, String(workers)],
      ...[ageText(age), addresses.join(","), socket],
    ]),
  ]));
}

export function workersText(workers: readonly WorkerStatus[]): string {
  return lines(workerRows(workers));
}

function workerRows(workers: readonly WorkerStatus[]): string[] {
  const areThreads = workers.some(({ thread }) => typeof thread === "number");
  return alignedTable([
    [
      "WORKER",
      "PID",
      ...(areThreads ? ["THREAD"] : []),
      "GEN",
      "STATE",
      "AGE",
      "REQUESTS",
      "IN FLIGHT",
      "WEBSOCKETS",
      "LAG",
    ],
    ...workers.map((worker) => [
      String(worker.slot),
      String(worker.pid),
      ...(areThreads ? [String(worker.thread ?? "-")] : []),
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
