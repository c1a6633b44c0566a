/** The requests about tasks. A worker answers most of them, since the master opens no store. */

import type { Context, Hono } from "hono";
import { taskCommandList, type TaskCommandName } from "../core/tasks/task_commands.ts";
import type { WorkerStatus } from "../core/telemetry/status.ts";
import type { TaskStatus } from "../core/telemetry/task_status.ts";
import { encodeFrame } from "../protocol/framing.ts";
import type { TaskRequest } from "../protocol/task_messages.ts";
import type { Done } from "./endpoints.ts";
import { Refusal, type RunningMaster } from "./master_commands.ts";
import { readBody } from "./request_body.ts";
import { readId, readListLimit, readPurgedState, readState, refuse } from "./task_fields.ts";

/** The response to a command about tasks. */
export interface TaskDone extends Done {
  /** Of the task that was added. */
  readonly id?: string;
  /** How many tasks it has changed. */
  readonly count?: number;
}

/** In bytes: so long a request fits into a message to a worker. */
export const longestRequest = 1_000_000;

type Answer = (c: Context) => Promise<Response>;

/** The paths, those with the id of a task last: it could be any word. */
const paths = [...new Set(taskCommandList.map(({ http }) => http.path))].toSorted((a, b) =>
  Number(a.endsWith("ID")) - Number(b.endsWith("ID"))
);

/** The same as patterns of Hono, with the methods that they take. */
export const taskPaths = paths.map((path) => {
  const commands = taskCommandList.filter(({ http }) => http.path === path);
  return {
    pattern: path.replace("ID", ":id"),
    methods: commands.map(({ http }) => http.method),
  };
});

/** Adds the requests about tasks to the control app. */
export function addTaskRoutes(app: Hono, master: RunningMaster): void {
  const answers = answersOf(master);
  for (const { pattern, methods } of taskPaths) {
    for (const { name, http } of taskCommandList) {
      if (http.path.replace("ID", ":id") === pattern) app.on(http.method, pattern, answers[name]);
    }
    app.all(pattern, (c) => {
      c.header("Allow", methods.join(", "));
      return c.json(
        { error: `${c.req.method} ${c.req.path} is not a command: use ${methods.join(" or ")}` },
        405,
      );
    });
  }
}

function answersOf(master: RunningMaster): Readonly<Record<TaskCommandName, Answer>> {
  const ask = async (request: TaskRequest) => {
    statusOfTasks(master);
    return JSON.parse(await master.tasks.ask(request));
  };
  const change = (does: "pause" | "resume", message: string): Answer => async (c) => {
    await fieldsOf(c, []);
    await ask({ do: does });
    return c.json(done(message));
  };
  return {
    counts: async (c) => c.json(await countedTasks(master)),
    async list(c) {
      const state = readState(c.req.query("state"));
      return c.json(await ask({ do: "list", state, limit: readListLimit(c.req.query("limit")) }));
    },
    async show(c) {
      const id = readId(c.req.param("id"));
      const task = await ask({ do: "show", id });
      if (task === null) {
        throw new Refusal("missing", `cannot show task ${id}: the store has none of this id`);
      }
      return c.json(task);
    },
    async add(c) {
      const { name, payload = null, options = {} } = await fieldsOf(c, ["name", "payload", "options"]);
      if (typeof name !== "string" || name === "") {
        throw refuse("name", name, "the name of a task of the app");
      }
      const request: TaskRequest = { do: "add", name, payload, options };
      const size = encodeFrame(request).length;
      if (size > longestRequest) throw new Refusal("large", tooLarge(size));
      const id: string = await ask(request);
      return c.json(done(`task ${id} is added`, { id }));
    },
    async retry(c) {
      const { id: given } = await fieldsOf(c, ["id"]);
      const id = given === null ? null : readId(given);
      const count: number = await ask({ do: "retry", id });
      if (count === 0 && id !== null) {
        throw new Refusal(
          "conflict",
          `cannot retry task ${id}: no dead task has this id: see \`denicorn ctl tasks show ${id}\``,
        );
      }
      return c.json(done(`${counted(count)} tried again`, { count }));
    },
    async cancel(c) {
      const { id: given } = await fieldsOf(c, ["id"]);
      const id = readId(given);
      if (await ask({ do: "cancel", id }) !== true) {
        throw new Refusal(
          "conflict",
          `cannot cancel task ${id}: none of this id waits or runs: see \`denicorn ctl tasks show ${id}\``,
        );
      }
      return c.json(done(`task ${id} is cancelled`));
    },
    async purge(c) {
      const { state } = await fieldsOf(c, ["state"]);
      const count: number = await ask({ do: "purge", state: readPurgedState(state) });
      return c.json(done(`${counted(count)} removed`, { count }));
    },
    pause: change("pause", "no worker takes tasks until they are resumed; those that run go on"),
    resume: change("resume", "workers take tasks again"),
  };
}

/** What the status says of tasks. Throws Refusal if the app has none. */
function statusOfTasks(master: RunningMaster): TaskStatus<WorkerStatus> {
  const { app, phase, tasks } = master.status();
  if (tasks !== null) return tasks;
  if (phase === "starting") {
    throw new Refusal(
      "conflict",
      `it is not known whether ${app} has tasks: the server is starting: try again`,
    );
  }
  throw new Refusal(
    "conflict",
    `there are no tasks: ${app} exports none: export tasks from it, or name their module with --tasks`,
  );
}

/** With what is in the store now, as the workers report that only now and then. */
async function countedTasks(master: RunningMaster): Promise<TaskStatus<WorkerStatus>> {
  const tasks = statusOfTasks(master);
  // The answer would take as long as a worker waits for the store.
  if (tasks.problem !== null) return tasks;
  try {
    return { ...tasks, store: JSON.parse(await master.tasks.ask({ do: "counts" })) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ...tasks, store: null, problem: error.message };
  }
}

function tooLarge(size: number): string {
  return `cannot add the task: its name, payload and options have ${size} bytes, and from outside at most ${longestRequest} ` +
    "are possible: store the data elsewhere and give its place";
}

async function fieldsOf(c: Context, fields: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
  return readBody(await c.req.text(), fields);
}

function counted(count: number): string {
  return count === 1 ? "1 task is" : `${count} tasks are`;
}

function done(message: string, more: Pick<TaskDone, "id" | "count"> = {}): TaskDone {
  return { state: "done", message, ...more };
}
