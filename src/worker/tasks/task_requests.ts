/** What operators ask of the store, through the master; answers are JSON texts that fit into a message. */

import { encodeFrame } from "../../protocol/framing.ts";
import { longestTaskAnswer, type TaskRequest } from "../../protocol/task_messages.ts";
import { type TaskInfo, type TaskState, taskStates, type TaskStore } from "../../tasks/task_store.ts";
import type { GivenTask } from "./new_task.ts";

/** In characters, of a payload, a result or an error in a list. */
const longestListed = 200;

/** The most tasks in a list. */
const mostListed = 1_000;

/** In characters, of the same texts where one task is shown. */
const longestShown = 120_000;

/** Rejects with why it cannot be answered. `add` does what `enqueue` does. */
export async function answerTo(
  request: TaskRequest,
  store: TaskStore,
  add: (task: GivenTask) => Promise<string>,
): Promise<string> {
  switch (request.do) {
    case "counts":
      return JSON.stringify(await store.counts());
    case "pause":
    case "resume":
      await (request.do === "pause" ? store.pause() : store.resume());
      return "null";
    case "list": {
      const state = stateOf(request.state);
      const limit = Math.min(mostListed, Math.max(1, Math.floor(request.limit) || 1));
      return listText(await store.list(state, limit));
    }
    case "show": {
      const task = await store.show(request.id);
      return task === null ? "null" : shownText(task);
    }
    case "retry":
      return JSON.stringify(await store.retry(request.id));
    case "cancel":
      return JSON.stringify(await store.cancel(request.id));
    case "purge": {
      const state = stateOf(request.state);
      if (state === "running") {
        throw new Error("cannot purge tasks: running: cancel them one by one, or choose another state");
      }
      return JSON.stringify(await store.purge(state));
    }
    case "add":
      return JSON.stringify(await add(request));
  }
}

function stateOf(text: string): TaskState {
  const state = taskStates.find((state) => state === text);
  if (state !== undefined) return state;
  throw new Error(`cannot choose tasks: ${text} is no state of a task: choose ${taskStates.join(", ")}`);
}

/** Without the last ones if they do not fit. */
function listText(tasks: readonly TaskInfo[]): string {
  for (
    let shown = tasks.map((task) => clipped(task, longestListed));;
    shown = shown.slice(0, shown.length / 2)
  ) {
    const text = JSON.stringify(shown);
    if (fits(text)) return text;
  }
}

function shownText(task: TaskInfo): string {
  for (let longest = longestShown;; longest = Math.floor(longest / 2)) {
    const text = JSON.stringify(clipped(task, longest));
    if (fits(text)) return text;
  }
}

/** In a message the text becomes longer: quotes are escaped, and characters take up to three bytes. */
function fits(text: string): boolean {
  return text.length <= longestTaskAnswer && encodeFrame(text).length <= longestTaskAnswer;
}

function clipped(task: TaskInfo, longest: number): TaskInfo {
  const { payload, result, error } = task;
  return {
    ...task,
    payload: cut(payload, longest),
    result: result === null ? null : cut(result, longest),
    error: error === null ? null : cut(error, longest),
  };
}

function cut(text: string, longest: number): string {
  return text.length <= longest
    ? text
    : `${text.slice(0, longest)}… (${text.length - longest} more characters)`;
}
