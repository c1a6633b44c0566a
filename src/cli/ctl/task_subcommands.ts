/** What `denicorn ctl tasks` accepts, from the table of commands about tasks. */

import type { CtlOptionName } from "../../core/operator_commands.ts";
import {
  listLimits,
  purgedStates,
  taskCommandList,
  type TaskCommandName,
} from "../../core/tasks/task_commands.ts";
import { taskStates } from "../../core/tasks/task_info.ts";
import { parseDuration } from "../../settings/kinds/duration.ts";
import type { CommandOption } from "../../settings/command_line.ts";
import type { Accepted, Subcommand } from "./ctl_call.ts";

export const taskOptions = [
  {
    name: "limit",
    placeholder: "N",
    description:
      `With tasks list: how many at most; ${listLimits.usual} without it, ${listLimits.most} at the most.`,
  },
  { name: "all", description: "With tasks retry: all dead tasks." },
  {
    name: "delay",
    placeholder: "TIME",
    description: "With tasks add: the task waits for so long, such as 30s.",
  },
  {
    name: "key",
    placeholder: "KEY",
    description: "With tasks add: a task with a key that is known already is not added again.",
  },
  {
    name: "retries",
    placeholder: "N",
    description: "With tasks add: how often the task is tried again after a failure.",
  },
  {
    name: "priority",
    placeholder: "N",
    description: "With tasks add: tasks with smaller numbers run first; the smallest is 0.",
  },
] as const satisfies readonly CommandOption[];

const wholeNumber: Accepted = {
  isValid: (text) => /^\d{1,9}$/.test(text),
  accepts: "a whole number from 0 on",
};

/** What the values of options may be; others are checked by the server. */
export const optionValues: Readonly<Partial<Record<CtlOptionName, Accepted>>> = {
  limit: {
    isValid: (text) => wholeNumber.isValid(text) && Number(text) >= 1 && Number(text) <= listLimits.most,
    accepts: `a number of tasks from 1 to ${listLimits.most}`,
  },
  delay: {
    isValid: (text) => parseDuration(text) !== undefined,
    accepts: "a duration, such as 30 (seconds), 500ms or 2m",
  },
  retries: wholeNumber,
  priority: wholeNumber,
};

const oneOf = (words: readonly string[]): Accepted => ({
  isValid: (text) => words.includes(text),
  accepts: `one of ${words.join(", ")}`,
});

const id: Accepted = { isValid: (text) => text !== "", accepts: "the id of a task" };

const accepted: Readonly<Partial<Record<TaskCommandName, readonly Accepted[]>>> = {
  list: [oneOf(taskStates)],
  show: [id],
  add: [
    { isValid: (text) => text !== "", accepts: "the name of a task of the app" },
    { isValid: isJson, accepts: `a payload in JSON, such as '{"to": "ann@example.com"}'`, isOptional: true },
  ],
  retry: [{ ...id, isOptional: true }],
  cancel: [id],
  purge: [oneOf(purgedStates)],
};

const objections: Readonly<Partial<Record<TaskCommandName, Subcommand["objection"]>>> = {
  retry(operands, given) {
    const isAll = given.has("all");
    if (isAll !== (operands.length > 0)) return undefined;
    return isAll
      ? "an id and --all are given: give only one of them"
      : "no task is named: give its id, or --all";
  },
};

export const taskSubcommands: readonly Subcommand[] = taskCommandList.map(({ name, ctl }) => ({
  ...ctl,
  name: `tasks ${ctl.name}`.trim(),
  accepts: accepted[name] ?? [],
  ...(objections[name] === undefined ? {} : { objection: objections[name] }),
  async run(call) {
    // Loaded only here: this list is loaded at every start of a server.
    const { taskRuns } = await import("./task_runs.ts");
    await taskRuns[name](call);
  },
}));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
