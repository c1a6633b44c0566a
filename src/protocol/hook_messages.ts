/** The channel between the master and a hook process, which runs the hooks of a config file that belong to the master. */

import type { HookName } from "../core/hook_table.ts";

/** Starts this program as a hook process. */
export const hookProcessArgument = "--run-hooks";

/** Where the hooks of a generation are. */
export interface HookPlace {
  /** Absolute path of the bundle to import. */
  readonly bundle: string;
  /** Absolute path of the config file, for messages. */
  readonly source: string;
  /** How long a hook may take (ms). */
  readonly timeout: number;
}

export type ToHookProcess =
  /** The first message. */
  | { readonly type: "hooks"; readonly place: HookPlace }
  | {
    readonly type: "call-hook";
    /** From 1, for the answer. */
    readonly number: number;
    readonly name: HookName;
    readonly args: readonly unknown[];
  }
  /** No call is left: exit. */
  | { readonly type: "exit" };
