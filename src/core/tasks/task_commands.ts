/**
 * What an operator can ask of the tasks of a running server, declared once. Made from this table: the HTTP requests of the
 * control socket and the admin address, the commands `denicorn ctl tasks …` with their help and completions, and
 * docs/ctl.md.
 */

import type { CtlOptionName } from "../operator_commands.ts";
import { taskStates } from "./task_info.ts";

interface TaskCommandDeclaration {
  readonly http: {
    readonly method: "GET" | "POST";
    /** `ID` stands for the id of a task. */
    readonly path: string;
    /** What may follow the path, as an example. */
    readonly query?: string;
    /** JSON bodies as an operator would write them. */
    readonly body?: readonly string[];
    /** What the response contains. */
    readonly answers: string;
  };
  /** The command of `denicorn ctl`; its name follows `tasks`. */
  readonly ctl: {
    readonly name: string;
    readonly summary: string;
    readonly operand?: string;
    readonly options: readonly CtlOptionName[];
  };
}

/** The most tasks in a list, and how many there are unless a number is given. */
export const listLimits = { most: 1_000, usual: 20 } as const;

const count = "`state`, `message`, `count`";
const outcome = "`state`, `message`";

/** The operand of commands that take a state. */
const stateOperand = taskStates.join("|");

/** Tasks that run are cancelled one by one. */
export const purgedStates = taskStates.filter((state) => state !== "running");

const taskCommands = {
  counts: {
    http: {
      method: "GET",
      path: "/tasks",
      answers:
        "`tasks` of the status, with what is in the store now: `TaskStatus` in `src/core/telemetry/task_status.ts`",
    },
    ctl: {
      name: "",
      summary: "Show how many tasks wait, run and have failed, and the workers that run them.",
      options: ["json"],
    },
  },
  list: {
    http: {
      method: "GET",
      path: "/tasks/list",
      query: "state=dead&limit=50",
      answers:
        "tasks of a state: `TaskInfo` in `src/core/tasks/task_info.ts`; payloads, results and errors cut to 200 characters",
    },
    ctl: {
      name: "list",
      operand: stateOperand,
      summary:
        "Show tasks of a state: the oldest first where they wait, the newest first where they have ended.",
      options: ["limit", "json"],
    },
  },
  show: {
    http: { method: "GET", path: "/tasks/ID", answers: "one task: `TaskInfo`" },
    ctl: { name: "show", operand: "ID", summary: "Show all that is known of a task.", options: ["json"] },
  },
  add: {
    http: {
      method: "POST",
      path: "/tasks",
      body: [
        '{"name": "sendMail", "payload": {"to": "ann@example.com"}, "options": {"delay": 60000, "key": "welcome-7"}}',
      ],
      answers: "`state`, `message`, `id`",
    },
    ctl: {
      name: "add",
      operand: "NAME [JSON]",
      summary: "Add a task, as enqueue() of an app does; JSON is its payload.",
      options: ["delay", "key", "retries", "priority", "json"],
    },
  },
  retry: {
    http: { method: "POST", path: "/tasks/retry", body: ['{"id": "42"}', '{"id": null}'], answers: count },
    ctl: {
      name: "retry",
      operand: "ID|--all",
      summary: "Try a dead task again, with all attempts, or all dead tasks.",
      options: ["all", "json"],
    },
  },
  cancel: {
    http: { method: "POST", path: "/tasks/cancel", body: ['{"id": "42"}'], answers: outcome },
    ctl: {
      name: "cancel",
      operand: "ID",
      summary: "Remove a task that waits, or abort one that runs.",
      options: ["json"],
    },
  },
  purge: {
    http: { method: "POST", path: "/tasks/purge", body: ['{"state": "dead"}'], answers: count },
    ctl: {
      name: "purge",
      operand: purgedStates.join("|"),
      summary: "Remove all tasks of a state.",
      options: ["json"],
    },
  },
  pause: {
    http: { method: "POST", path: "/tasks/pause", answers: outcome },
    ctl: {
      name: "pause",
      summary: "Let no worker take tasks until resume, not even on other machines that share the store.",
      options: ["json"],
    },
  },
  resume: {
    http: { method: "POST", path: "/tasks/resume", answers: outcome },
    ctl: { name: "resume", summary: "Let workers take tasks again.", options: ["json"] },
  },
} as const satisfies Readonly<Record<string, TaskCommandDeclaration>>;

export type TaskCommandName = keyof typeof taskCommands;

/** The table as a list, in its order, without the literal types. */
export const taskCommandList: readonly (TaskCommandDeclaration & { readonly name: TaskCommandName })[] =
  Object.entries(taskCommands).map(([name, declaration]) => ({
    name: name as TaskCommandName,
    ...declaration,
  }));
