/** The background tasks that an app module exports: functions by name, and when some of them are added by themselves. */

import { DenicornError } from "../../core/errors.ts";
import { messageOf, titleOf } from "../../core/thrown.ts";
import { longestTaskName, mostTaskNames } from "../../protocol/task_messages.ts";
import { nearest } from "../../settings/nearest.ts";
import type { AppContext } from "./app_hooks.ts";
import { described, isRecord, mistakeIn, type RunOptions, runOptionsIn } from "./task_options.ts";
import { isPayloadSchema, type PayloadSchema } from "./payload_schema.ts";

/** What the function of a task gets besides its payload. */
export interface TaskContext {
  readonly id: string;
  readonly name: string;
  /** From 1. */
  readonly attempt: number;
  /** Aborts at the timeout, when the task is cancelled or is not this worker's any more, and at the end of a drain. */
  readonly signal: AbortSignal;
  readonly log: AppContext["log"];
  /** Says how far it is. */
  readonly progress: (value: number) => void;
}

export interface TaskDefinition extends RunOptions {
  readonly run: (payload: unknown, context: TaskContext) => unknown;
  readonly schema: PayloadSchema | null;
}

/** A task that is added again and again. */
interface CronDefinition {
  readonly name: string;
  readonly schedule: string;
  readonly timezone: string | undefined;
  /** The name of a task of the app. */
  readonly task: string;
  readonly payload: unknown;
}

export interface AppTasks {
  readonly tasks: ReadonlyMap<string, TaskDefinition>;
  readonly cron: readonly CronDefinition[];
}

/** `source` names the module in errors. Rejects with DenicornError `app-tasks`. */
export async function readTasks(
  { tasks, cron = {} }: { readonly tasks: unknown; readonly cron?: unknown },
  source: string,
): Promise<AppTasks> {
  try {
    if (tasks === undefined) throw new Mistake('it has no export "tasks": add `export const tasks = { … }`');
    if (!isRecord(tasks)) {
      throw new Mistake(
        `tasks is ${
          described(tasks)
        }: export an object of functions, or give what is no background task another name`,
      );
    }
    if (!isRecord(cron)) {
      throw new Mistake(
        `cron is ${described(cron)}: export an object of entries, or give what is no schedule another name`,
      );
    }
    const found = new Map(Object.entries(tasks).map(([name, task]) => [name, definitionOf(name, task)]));
    if (found.size > mostTaskNames) {
      throw new Mistake(`tasks has ${found.size} names: at most ${mostTaskNames}`);
    }
    const entries = Object.entries(cron).map(([name, entry]) => entryOf(name, entry, [...found.keys()]));
    await checkSchedules(entries);
    return { tasks: found, cron: entries };
  } catch (error) {
    const reason = error instanceof Mistake
      ? error.message
      : `tasks or cron cannot be read, it throws ${titleOf(error)}`;
    throw new DenicornError("app-tasks", `cannot load the app: ${source}: ${reason}`, { cause: error });
  }
}

class Mistake extends Error {}

const accepted = "a task is a function (payload, context) => …, or an object with run";

function definitionOf(name: string, task: unknown): TaskDefinition {
  checkName("tasks", name);
  if (typeof task === "function") {
    return { run: (payload, context) => task(payload, context), schema: null, ...runOptionsIn({}) };
  }
  const path = `tasks.${name}`;
  if (!isRecord(task)) throw new Mistake(`${path} is ${described(task)}: ${accepted}`);
  // A method may use what else is in its object.
  const { run, schema } = task;
  if (typeof run !== "function") throw new Mistake(`${path}.run is ${described(run)}: ${accepted}`);
  const mistake = mistakeIn(task, {
    run: { accepts: "a function", fits: () => true },
    schema: {
      accepts: "a Standard Schema, such as one of Zod, Valibot or ArkType",
      fits: isPayloadSchema,
    },
  });
  if (mistake !== undefined) throw new Mistake(`${path}: ${mistake}`);
  return {
    run: (payload, context) => run.call(task, payload, context),
    schema: isPayloadSchema(schema) ? schema : null,
    ...runOptionsIn(task),
  };
}

function checkName(kind: string, name: string): void {
  if (name.length > 0 && name.length <= longestTaskName) return;
  const length = name.length === 0 ? "is empty" : `has ${name.length} characters`;
  throw new Mistake(`a name in ${kind} ${length}: it has 1 to ${longestTaskName} characters`);
}

const entryKeys = ["schedule", "timezone", "task", "payload"];

function entryOf(name: string, entry: unknown, tasks: readonly string[]): CronDefinition {
  checkName("cron", name);
  const path = `cron.${name}`;
  if (!isRecord(entry)) {
    throw new Mistake(`${path} is ${described(entry)}: it is an object with schedule and task`);
  }
  const unknown = Object.keys(entry).find((key) => !entryKeys.includes(key));
  if (unknown !== undefined) {
    throw new Mistake(`${path}: unknown option "${unknown}": there are ${entryKeys.join(", ")}`);
  }
  const { schedule, timezone, task, payload } = entry;
  if (typeof schedule !== "string") {
    throw new Mistake(`${path}.schedule is ${described(schedule)}: it is a text such as "0 3 * * *"`);
  }
  if (timezone !== undefined && !isTimezone(timezone)) {
    const given = typeof timezone === "string" ? JSON.stringify(timezone) : described(timezone);
    throw new Mistake(`${path}.timezone is ${given}: it is a name such as "Europe/Berlin"`);
  }
  if (typeof task !== "string" || !tasks.includes(task)) {
    const given = typeof task === "string" ? JSON.stringify(task) : described(task);
    throw new Mistake(`${path}.task is ${given}: ${unknownTask(String(task), tasks)}`);
  }
  return { name, schedule, timezone, task, payload };
}

async function checkSchedules(entries: readonly CronDefinition[]): Promise<void> {
  if (entries.length === 0) return;
  const { nextFiring } = await import("../../core/tasks/cron_schedule.ts");
  for (const { name, schedule, timezone = null } of entries) {
    let why = "it is never due";
    try {
      if (nextFiring(schedule, timezone, 0) !== null) continue;
    } catch (error) {
      why = messageOf(error);
    }
    throw new Mistake(
      `cron.${name}.schedule is ${
        JSON.stringify(schedule)
      } (${why}): write minute, hour, day, month and weekday, such as ` +
        '"0 3 * * *"',
    );
  }
}

function isTimezone(value: unknown): value is string {
  try {
    return typeof value === "string" && Intl.DateTimeFormat("en", { timeZone: value }) !== null;
  } catch {
    return false;
  }
}

/** At most so many names are listed. */
const mostListed = 8;

/** What there is in place of a task that there is not. */
export function unknownTask(name: string, known: readonly string[]): string {
  const similar = nearest(name, known);
  if (similar !== undefined) return `no task has this name: did you mean ${similar}?`;
  if (known.length === 0) return "no task has this name: the app has no tasks";
  const more = known.length > mostListed ? ", …" : "";
  return `no task has this name: there are ${known.slice(0, mostListed).join(", ")}${more}`;
}
