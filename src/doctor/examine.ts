/** Runs the checks one by one and summarises them. */

import { alwaysOpen, type Check, type Finding, type Subject, type Verdict } from "./check.ts";

export interface CheckResult {
  readonly name: string;
  readonly verdict: Verdict;
  readonly finding: string;
  readonly why: string;
  readonly change: string;
}

export interface Examination {
  /** The worst verdict of all checks. */
  readonly verdict: Verdict;
  readonly checks: readonly CheckResult[];
  /** When requests may be lost on this host. */
  readonly lossWindows: readonly string[];
}

/** Time limit of one check, in ms. All checks together take less than 0.2 s where they work. */
const deadline = 5_000;

/** For the trial that opens the most, of steering: both ends of 16 connections, and the listeners. */
const descriptorsNeeded = 40;

/** Never throws: a check that throws or hangs gets its verdict `onFailure`, with the reason. */
export async function examine(
  list: readonly Check[],
  subject: Omit<Subject, "isFine">,
): Promise<Examination> {
  const { system } = subject;
  const checks: CheckResult[] = [];
  const lossWindows = new Set([alwaysOpen]);
  const isFine = (name: string) => checks.find((check) => check.name === name)?.verdict === "ok";
  for (const check of list) {
    if (check.linuxOnly && system.host.os !== "linux") continue;
    const found = await finding(check, { ...subject, isFine });
    const { name, why, change, lossWindow } = check;
    checks.push({ name, verdict: found.verdict, finding: found.finding, why, change });
    if (lossWindow !== undefined && (found.leavesOpen ?? found.verdict !== "ok")) lossWindows.add(lossWindow);
  }
  return { verdict: worst(checks), checks, lossWindows: [...lossWindows] };
}

async function finding(check: Check, subject: Subject): Promise<Finding> {
  const { clock } = subject.system;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = clock.after(deadline, () => reject(new Error(`no result after ${deadline / 1000} s`)));
  try {
    // In an async function, so that an error that is thrown at once is caught as well.
    return await Promise.race([(async () => await check.run(subject))(), late]);
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, " ");
    const { onFailure: verdict } = check;
    return {
      verdict,
      finding: isShortOfDescriptors(subject)
        ? `too few file descriptors, see file-limit (${reason})`
        : reason,
    };
  } finally {
    cancel();
  }
}

/** Then what fails says little about the host: esbuild and the runtime do not always name the cause. */
function isShortOfDescriptors({ system: { openFiles } }: Subject): boolean {
  try {
    return !openFiles.hasAvailable(descriptorsNeeded);
  } catch {
    return false;
  }
}

function worst(checks: readonly CheckResult[]): Verdict {
  const order: readonly Verdict[] = ["problem", "note"];
  return order.find((verdict) => checks.some((check) => check.verdict === verdict)) ?? "ok";
}
