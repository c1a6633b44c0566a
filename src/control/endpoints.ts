/** The requests that the control socket takes, from the table of commands; the app serves them, docs/ctl.md lists them. */

import type { NotAppliedSetting } from "../settings/resolve.ts";
import type { WorkerStatus } from "../core/telemetry/status.ts";
import type { WorkerReport } from "./master_commands.ts";
import { commandList, type HttpCommand } from "../core/operator_commands.ts";

export const endpoints = commandList.flatMap(({ name, isQueued = false, http }) =>
  http === undefined
    ? []
    // `canWait`: with `?wait=1` the response comes at the end.
    : [{ ...http, name: name as HttpCommand, path: `/${name}`, canWait: isQueued }]
);

/** The response to a command. */
export interface Done {
  /** `accepted`: it runs, or waits for the commands before it. */
  readonly state: "done" | "accepted";
  readonly message: string;
  /** After a reload that was waited for: what takes a restart, if anything. */
  readonly notApplied?: readonly NotAppliedSetting[];
}

/** The response to a question about one worker. */
export interface DescribedWorker extends WorkerReport {
  /** `null` if it has ended since. */
  readonly worker: WorkerStatus | null;
}

/** The body of every response that is not a success. */
export interface Failed {
  readonly error: string;
  /** A code of `docs/errors.md`, if a command failed. */
  readonly code?: string;
  readonly exitCode?: number;
  /** More lines: a code frame, a stack. */
  readonly detail?: string | undefined;
}
