/** What requests about tasks are given: each reader throws Refusal for what it does not accept. */

import { listLimits, purgedStates } from "../core/tasks/task_commands.ts";
import { type TaskState, taskStates } from "../core/tasks/task_info.ts";
import { Refusal } from "./master_commands.ts";

/** Ids of BullMQ that another program has chosen may be long. */
const longestId = 1_000;

export function readState(given: unknown): TaskState {
  return oneOf("state", given, taskStates);
}

/** Those that may be purged. */
export function readPurgedState(given: unknown): TaskState {
  return oneOf("state", given, purgedStates);
}

export function readId(given: unknown): string {
  if (typeof given === "string" && given !== "" && given.length <= longestId) return given;
  throw refuse("id", given, "the id of a task, as a text");
}

/** How many tasks a list may have. */
export function readListLimit(given: string | undefined): number {
  if (given === undefined) return listLimits.usual;
  const limit = /^\d{1,5}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= listLimits.most) return limit;
  throw refuse("limit", given, `a number of tasks from 1 to ${listLimits.most}`);
}

function oneOf<Word extends string>(field: string, given: unknown, words: readonly Word[]): Word {
  const found = words.find((word) => word === given);
  if (found !== undefined) return found;
  throw refuse(field, given, `one of ${words.join(", ")}`);
}

/** `accepts` completes "give …". */
export function refuse(field: string, given: unknown, accepts: string): Refusal {
  const shown = (JSON.stringify(given) ?? "none").slice(0, 200);
  return new Refusal("malformed", `${field}: ${shown} is not accepted: give ${accepts}`);
}
