/**
 * The module of the setting `tasks`, in the same bundle as the app, so that both share their modules: the main module
 * exports all of it under one name.
 */

import type { Message } from "esbuild";
import { DenicornError } from "../../core/errors.ts";
import { absolutePath, shownPath } from "../paths.ts";

/** The name of that export. */
export const tasksNamespace = "denicornTasks";

/** The text of the main module with the export, on a line of its own at the end: line numbers stay the same. */
export function withTasks(text: string, tasks: string): string {
  return `${text}\nexport * as ${tasksNamespace} from ${JSON.stringify(tasks)};`;
}

/** Throws DenicornError `app-tasks` for a main module whose own exports are lost by that: one of CommonJS. */
export function requireModule(
  warnings: readonly Message[],
  { entry, root, workingDirectory }: {
    readonly entry: string;
    readonly root: string;
    readonly workingDirectory: string;
  },
): void {
  const isLost = warnings.some(({ id, location }) =>
    id === "commonjs-variable-in-esm" && location !== null && absolutePath(root, location.file) === entry
  );
  if (!isLost) return;
  throw new DenicornError(
    "app-tasks",
    `cannot load the app: ${
      shownPath(workingDirectory, entry)
    } is a CommonJS module, to which --tasks adds no other: ` +
      "write it with import and export",
  );
}
