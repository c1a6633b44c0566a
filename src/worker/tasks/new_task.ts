/** A task as an app adds it, or a program outside: what it gives is checked, and becomes what a store keeps. */

import { type AppTasks, type TaskDefinition, unknownTask } from "../../app/load/app_tasks.ts";
import {
  described,
  isRecord,
  milliseconds,
  mistakeIn,
  type OtherOptions,
  runOptionsIn,
} from "../../app/load/task_options.ts";
import { validate } from "../../app/load/payload_schema.ts";
import { longestKey, longestTimer } from "../../core/tasks/task_limits.ts";
import { messageOf, textOf } from "../../core/thrown.ts";
import { encodePayload } from "../../tasks/payload.ts";
import type { NewTask } from "../../tasks/task_store.ts";

/** What `enqueue` gets. */
export interface GivenTask {
  readonly name: unknown;
  readonly payload: unknown;
  readonly options: unknown;
}

interface Limits {
  /** In bytes. */
  readonly sizeLimit: number;
  /** By the wall clock. */
  readonly now: number;
}

/** Milliseconds to wait for a store that is away. */
const defaultPatience = 5_000;

/** In milliseconds: thirty years. */
const longestDelay = 1e12;

const isDate = (value: unknown): value is Date => value instanceof Date;

/** What a Date can hold, in milliseconds before and after 1970. */
const latest = 8.64e15;

const otherOptions: OtherOptions = {
  delay: milliseconds(longestDelay),
  at: {
    accepts: "a Date, or milliseconds since 1970",
    fits: (value) => (typeof value === "number" || isDate(value)) && Math.abs(Number(value)) <= latest,
  },
  key: {
    accepts: `a text of 1 to ${longestKey} characters`,
    fits: (value) => typeof value === "string" && value.length > 0 && value.length <= longestKey,
  },
  patience: milliseconds(longestTimer),
};

/** Rejects with TypeError: the action, a colon, the current value, and what to do. */
export async function checkedTask(
  { tasks }: AppTasks,
  { name, payload, options }: GivenTask,
  { sizeLimit, now }: Limits,
): Promise<{ readonly task: NewTask; readonly patience: number }> {
  const action = `cannot enqueue ${typeof name === "string" ? name : "a task"}`;
  const refuse = (why: string) => new TypeError(`${action}: ${why}`);
  if (typeof name !== "string") {
    throw refuse(`its name is ${described(name)}: write enqueue("name", payload)`);
  }
  const definition = tasks.get(name);
  if (definition === undefined) throw refuse(unknownTask(name, [...tasks.keys()]));
  const given = optionsIn(options, refuse);
  // Before anything is awaited: the app may change it meanwhile.
  const encoded = encodedPayload(payload, sizeLimit, refuse);
  await checkPayload(definition, payload, refuse);
  const { retries, backoff, priority, timeout } = runOptionsIn(given, definition);
  return {
    task: {
      name,
      payload: encoded,
      runAt: runAtOf(given, now),
      key: typeof given["key"] === "string" ? given["key"] : null,
      ...{ retries, backoff, priority, timeout },
    },
    patience: Number(given["patience"] ?? defaultPatience),
  };
}

type Refuse = (why: string) => TypeError;

function optionsIn(options: unknown, refuse: Refuse): Readonly<Record<string, unknown>> {
  const given = options ?? {};
  if (!isRecord(given)) {
    throw refuse(`its options are ${described(options)}: they are an object such as { delay: 1000 }`);
  }
  const mistake = mistakeIn(given, otherOptions);
  if (mistake !== undefined) throw refuse(mistake);
  if (given["delay"] !== undefined && given["at"] !== undefined) {
    throw refuse("both delay and at are given: give one of them");
  }
  return given;
}

function runAtOf({ delay = 0, at }: Readonly<Record<string, unknown>>, now: number): number {
  if (at !== undefined) return Math.max(0, Math.round(Number(at)));
  return delay === 0 ? 0 : Math.round(now + Number(delay));
}

const encoder = new TextEncoder();

/** In bytes of UTF-8. */
export function sizeOf(text: string): number {
  return encoder.encode(text).length;
}

function encodedPayload(payload: unknown, sizeLimit: number, refuse: Refuse): string {
  let text;
  try {
    text = encodePayload(payload);
  } catch (error) {
    throw refuse(
      `its payload cannot be copied (${messageOf(error)}): give it what JSON or structuredClone() can hold`,
    );
  }
  // No character takes more than three bytes.
  if (text.length * 3 <= sizeLimit) return text;
  const size = sizeOf(text);
  if (size > sizeLimit) {
    throw refuse(
      `its payload has ${size} bytes, and task-size-limit is ${sizeLimit}: store the data elsewhere and give its place, ` +
        "or raise --task-size-limit",
    );
  }
  return text;
}

async function checkPayload({ schema }: TaskDefinition, payload: unknown, refuse: Refuse): Promise<void> {
  if (schema === null) return;
  let result;
  try {
    result = await validate(schema, payload);
  } catch (error) {
    throw refuse(`its schema throws for this payload (${textOf(messageOf(error))}): change the schema`);
  }
  if ("mistakes" in result) {
    throw refuse(`its payload does not fit its schema (${result.mistakes}): change the payload`);
  }
}
