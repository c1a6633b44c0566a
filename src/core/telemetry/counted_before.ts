/** What the masters before this one have counted: an upgrade changes no counter. */

import { addCounters, type Counters, noCounters } from "./counters.ts";
import { type ChangeCounters, noChanges } from "./change_counters.ts";
import { failureKinds } from "./failures.ts";
import { responseClasses } from "./status.ts";
import { type TaskCounters, taskCounters } from "./task_status.ts";

export interface CountedTask extends TaskCounters {
  readonly name: string;
  readonly durations: readonly number[];
}

const channelCounters = ["sent", "received", "dropped"] as const;
export type ChannelCounters = Readonly<Record<typeof channelCounters[number], number>>;

export interface CountedBefore {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly counters: Counters;
  readonly cpuSeconds: number;
  /** Processor time of the masters themselves. */
  readonly masterCpuSeconds: number;
  readonly changes: ChangeCounters;
  readonly tasks: readonly CountedTask[];
  readonly channels: ChannelCounters;
}

export const noChannelCounters: ChannelCounters = { sent: 0, received: 0, dropped: 0 };

/**
 * From the status of an old master, which may be of another version: what it does not say, or says in another form, counts
 * from zero. `null` if `status` is none.
 */
export function countedBefore(status: unknown): CountedBefore | null {
  const totals = field(status, "totals");
  const since = field(status, "countedSince") ?? field(status, "startedAt");
  if (!isRecord(totals) || typeof since !== "number") return null;
  const given: Counters = {
    requests: count(totals.requests),
    responses: responseClasses.map((name) => count(field(totals.responses, name))),
    failures: failureKinds.map((kind) => count(field(totals.failures, kind))),
    latency: counts(totals.latency, noCounters.latency.length),
  };
  return {
    since,
    counters: addCounters(noCounters, given),
    cpuSeconds: count(totals.cpuSeconds),
    masterCpuSeconds: count(field(field(status, "master"), "cpuSeconds")),
    changes: {
      restarts: sameNames(noChanges.restarts, totals.restarts),
      reloads: sameNames(noChanges.reloads, totals.reloads),
      upgrades: sameNames(noChanges.upgrades, totals.upgrades),
      scalings: sameNames(noChanges.scalings, totals.scalings),
    },
    tasks: list(field(field(status, "tasks"), "totals")).flatMap(countedTask),
    channels: sameNames(noChannelCounters, field(field(status, "channels"), "totals")),
  };
}

export function addChanges(a: ChangeCounters, b: ChangeCounters): ChangeCounters {
  return {
    restarts: addNames(a.restarts, b.restarts),
    reloads: addNames(a.reloads, b.reloads),
    upgrades: addNames(a.upgrades, b.upgrades),
    scalings: addNames(a.scalings, b.scalings),
  };
}

/** Adds what has the same name. */
export function addNames<Name extends string>(
  a: Readonly<Record<Name, number>>,
  b: Readonly<Record<Name, number>>,
): Record<Name, number> {
  const names = Object.keys(a) as Name[];
  return Object.fromEntries(names.map((name) => [name, a[name] + b[name]])) as Record<Name, number>;
}

function countedTask(value: unknown): CountedTask[] {
  const name = field(value, "name");
  if (typeof name !== "string") return [];
  const counters = Object.fromEntries(
    taskCounters.map((key) => [key, count(field(value, key))]),
  ) as TaskCounters;
  return [{ name, ...counters, durations: counts(field(value, "durations"), noCounters.latency.length) }];
}

function sameNames<Name extends string>(
  names: Readonly<Record<Name, number>>,
  value: unknown,
): Record<Name, number> {
  const entries = (Object.keys(names) as Name[]).map((name) => [name, count(field(value, name))]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

function counts(value: unknown, length: number): number[] {
  const given = list(value);
  return Array.from({ length }, (_, place) => count(given[place]));
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : 0;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function field(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
