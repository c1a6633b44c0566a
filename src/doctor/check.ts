/** A check of the host, as data: the report, the exit code and the page in docs/ are loops over all checks. */

import type { Settings } from "../settings/settings.ts";
import type { System } from "../system/system.ts";

/**
 * `problem`: Denicorn cannot serve with these settings, or loses requests in normal operation. `note`: it serves, but
 * loses requests after a crash, or a limit is near.
 */
export type Verdict = "ok" | "note" | "problem";

export interface Finding {
  readonly verdict: Verdict;
  /** One line that contains the value found. */
  readonly finding: string;
  /** Whether requests may be lost as `lossWindow` says; by default, unless the verdict is `ok`. */
  readonly leavesOpen?: boolean;
}

/** The host, and the settings of the server that will run on it. */
export interface Subject {
  readonly system: System;
  readonly settings: Pick<
    Settings,
    | "app"
    | "workers"
    | "spareWorkers"
    | "backlog"
    | "bind"
    | "redirectHttp"
    | "steering"
    | "user"
    | "group"
    | "taskStore"
    | "channelUrl"
  >;
  /** Where the app is looked for. */
  readonly directory: string;
  /** The places for runtime directories, best first. */
  readonly runtimeParents: readonly string[];
  /** Whether the verdict of an earlier check in the list is `ok`. */
  isFine(name: string): boolean;
}

export interface Check {
  readonly name: string;
  readonly why: string;
  readonly change: string;
  /** When requests may be lost while this check finds something. */
  readonly lossWindow?: string;
  /** The check applies to Linux only. */
  readonly linuxOnly?: true;
  /** The verdict when `run` throws. */
  readonly onFailure: "note" | "problem";
  run(subject: Subject): Finding | Promise<Finding>;
}

export function ok(finding: string): Finding {
  return { verdict: "ok", finding };
}

export function note(finding: string): Finding {
  return { verdict: "note", finding };
}

export function problem(finding: string): Finding {
  return { verdict: "problem", finding };
}

/** This loss window is open on every host. */
export const alwaysOpen =
  "when a worker is killed (SIGKILL, --timeout, out of memory) or crashes: the requests it is answering";

/** The loss window of everything that steering needs: without any of it the master does not steer. */
export const queueOfClosing =
  "when a worker ends in a reload or when scaling down: the connections that wait in its accept queue";
