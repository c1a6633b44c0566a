/** Carries out the commands of `denicorn ctl tasks`. */

import { askTasks, type TaskAsk } from "../../control/control_client.ts";
import type { TaskDone } from "../../control/task_routes.ts";
import { printable } from "../../core/printable.ts";
import type { TaskCommandName } from "../../core/tasks/task_commands.ts";
import type { TaskInfo } from "../../core/tasks/task_info.ts";
import type { WorkerStatus } from "../../core/telemetry/status.ts";
import type { TaskStatus } from "../../core/telemetry/task_status.ts";
import { parseDuration } from "../../settings/kinds/duration.ts";
import type { CtlCall } from "./ctl_call.ts";
import { taskListText, tasksText, taskText } from "./task_tables.ts";

export const taskRuns: Readonly<Record<TaskCommandName, (call: CtlCall) => Promise<void>>> = {
  async counts(call) {
    const tasks = await ask<TaskStatus<WorkerStatus>>(call, { path: "/tasks" });
    call.print(tasks, tasksText(tasks));
  },
  async list(call) {
    const [state = ""] = call.operands;
    const limit = call.valueOf("limit");
    const path = `/tasks/list?state=${state}${limit === undefined ? "" : `&limit=${limit}`}`;
    const tasks = await ask<TaskInfo[]>(call, { path });
    call.print(tasks, taskListText(state, tasks, call.system.clock.wall()));
  },
  async show(call) {
    const [id = ""] = call.operands;
    const task = await ask<TaskInfo>(call, { path: `/tasks/${encodeURIComponent(id)}` });
    call.print(task, taskText(task, call.system.clock.wall()));
  },
  add: (call) => give(call, "/tasks", newTask(call)),
  retry: (call) => give(call, "/tasks/retry", { id: call.operands[0] ?? null }),
  cancel: (call) => give(call, "/tasks/cancel", { id: call.operands[0] }),
  purge: (call) => give(call, "/tasks/purge", { state: call.operands[0] }),
  pause: (call) => give(call, "/tasks/pause", {}),
  resume: (call) => give(call, "/tasks/resume", {}),
};

function newTask({ operands: [name, payload = "null"], valueOf }: CtlCall): Record<string, unknown> {
  const [delay, key, retries, priority] = (["delay", "key", "retries", "priority"] as const).map(valueOf);
  const options = {
    ...(delay === undefined ? {} : { delay: parseDuration(delay) }),
    ...(key === undefined ? {} : { key }),
    ...(retries === undefined ? {} : { retries: Number(retries) }),
    ...(priority === undefined ? {} : { priority: Number(priority) }),
  };
  return { name, payload: JSON.parse(payload), options };
}

async function give(call: CtlCall, path: string, body: Readonly<Record<string, unknown>>): Promise<void> {
  const done = await ask<TaskDone>(call, { path, body });
  call.print(done, `${call.name} ${done.state}: ${printable(done.message)}\n`);
}

async function ask<Answer>({ system, socket }: CtlCall, request: TaskAsk): Promise<Answer> {
  return await askTasks(system, socket, request) as Answer;
}
