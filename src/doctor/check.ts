/** What a check of the host is: data, so that the report, the exit code and the page of the manual are loops. */

import type { Settings } from "../settings/settings.ts";
import type { System } from "../system/system.ts";

/**
 * `problem`: Denicorn cannot serve as it is set, or loses requests in ordinary operation. `note`: it serves, but
 * something is lost in an accident, or a limit is near.
 */
export type Verdict = "ok" | "note" | "problem";

export interface Finding {
  readonly verdict: Verdict;
  /** One line with the value that was found. */
  readonly finding: string;
  /** Whether the check's loss window stays open, where the verdict alone does not say so. */
  readonly leavesOpen?: boolean;
}

/** The host, and what shall run on it. */
export interface Subject {
  readonly system: System;
  readonly settings: Pick<Settings, "workers" | "backlog" | "bind" | "steering">;
  /** Where runtime directories are made, the best place first. */
  readonly runtimeParents: readonly string[];
  /** Whether a check further up in the list has found nothing. */
  isFine(name: string): boolean;
}

export interface Check {
  readonly name: string;
  readonly why: string;
  readonly change: string;
  /** What may be lost while this is not as it should be. */
  readonly lossWindow?: string;
  /** Meaningful on Linux alone. */
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
