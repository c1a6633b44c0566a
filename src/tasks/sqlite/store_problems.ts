/** What an operator reads when the database fails. */

import { DatabaseFailure, type DatabaseProblem } from "../../system/database/database.ts";
import { messageOf } from "../../core/thrown.ts";
import { TaskStoreError } from "../task_store.ts";

const texts: Readonly<Record<DatabaseProblem, (path: string, reason: string) => string>> = {
  "busy": (path) => `${path} is locked by another program: end that program, or choose another --task-store`,
  "full": (path) => `the disk of ${path} is full: free some space`,
  "damaged": (path) =>
    `${path} is damaged or not a database: move the file away or put back a copy, or choose another --task-store`,
  "readonly": (path) =>
    `${path} cannot be written to: let the user of the server write the file and its directory, or choose another --task-store`,
  "cannot open": (path, reason) =>
    `${path} cannot be opened (${reason}): create its directory and let the user of the server write there, or choose another --task-store`,
  "other": (path, reason) => `SQLite says of ${path}: ${reason}: check the file and its disk`,
};

/** `action` completes "cannot …". */
export function problemOf(action: string, path: string, thrown: unknown): TaskStoreError {
  if (thrown instanceof TaskStoreError) return thrown;
  const problem = thrown instanceof DatabaseFailure ? thrown.problem : "other";
  return new TaskStoreError(`cannot ${action}: ${texts[problem](path, messageOf(thrown))}`);
}

export function isBusy(thrown: unknown): boolean {
  return thrown instanceof DatabaseFailure && thrown.problem === "busy";
}

/** Whether it may help to open the file again. On a full disk that could fail itself. */
export function isOfFile(thrown: unknown): boolean {
  return !(thrown instanceof DatabaseFailure) || !["busy", "full"].includes(thrown.problem);
}
