/** What the lines of the app say, and whether that is what may happen. */

import { attemptsOf, isHopeless, type PlannedTask } from "./chaos_plan.ts";

/** One run of an attempt. Times in milliseconds since 1970. */
interface Run {
  readonly pid: number;
  readonly number: number;
  readonly attempt: number;
  readonly begun: number;
  end: { readonly is: string; readonly at: number } | null;
}

/** The ends of tasks wait for a store that is away: if it is back only after their leases, others run them again. */
interface Outage {
  readonly from: number;
  /** Milliseconds. */
  readonly lease: number;
  /** How many tasks run at a time: no more ends than these can wait. */
  readonly slots: number;
}

/** A process did not run. Times in milliseconds since 1970. */
interface Stall {
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

interface Evidence {
  readonly planned: readonly PlannedTask[];
  /** The numbers of tasks that were acknowledged. */
  readonly acknowledged: ReadonlySet<number>;
  readonly runs: readonly Run[];
  /** When processes were killed. */
  readonly killed: ReadonlyMap<number, number>;
  /** When the store was killed; `null` if it was not. */
  readonly away: Outage | null;
  /** Long ones, in which leases end. */
  readonly stalls: readonly Stall[];
  /** The numbers of dead tasks. */
  readonly dead: readonly number[];
}

export interface Verdict {
  readonly problems: readonly string[];
  readonly runs: number;
  /** Runs beyond one for each attempt. */
  readonly repeated: number;
  /** Of these, those whose process lived, while the store was away for longer than their lease. */
  readonly late: number;
  /** Of these, those whose process lived, and did not run for so long that the lease may have ended. */
  readonly stalled: number;
  /** Of all of them, how long before the kill the earliest one had ended, in milliseconds. */
  readonly longestGap: number;
}

/** Milliseconds in which the end of a task is stored. */
const storingTime = 1_000;

export function runsIn(text: string): Run[] {
  const runs: Run[] = [];
  const open = new Map<string, Run>();
  for (const line of text.split("\n")) {
    const [is = "", ...words] = line.split(" ");
    const [pid = 0, number = 0, attempt = 0, at = 0] = words.map(Number);
    if (line === "" || is === "late") continue;
    const name = `${pid} ${number} ${attempt}`;
    if (is === "begin") {
      const run: Run = { pid, number, attempt, begun: at, end: null };
      runs.push(run);
      open.set(name, run);
    } else {
      const run = open.get(name);
      if (run === undefined) throw new Error(`no begin before this line: ${line}`);
      run.end = { is, at };
      open.delete(name);
    }
  }
  return runs;
}

/** Those of at least `least` milliseconds. */
export function stallsIn(text: string, least: number): Stall[] {
  return Array.from(text.matchAll(/^late (\d+) (\d+) \d+ (.+)$/gm), ([, pid, late, at]) => ({
    pid: Number(pid),
    from: Number(at) - Number(late),
    to: Number(at),
  })).filter(({ from, to }) => to - from >= least);
}

export function judge({ planned, acknowledged, runs, killed, away, stalls, dead }: Evidence): Verdict {
  const problems: string[] = [];
  let late = 0;
  let stalled = 0;
  let longestGap = 0;
  const byNumber = Map.groupBy(runs, ({ number }) => number);
  for (const task of planned) {
    const own = byNumber.get(task.number) ?? [];
    const byAttempt = Map.groupBy(own, ({ attempt }) => attempt);
    const fault = (what: string) =>
      problems.push(`task ${task.number}: ${what}: ${JSON.stringify({ task, own })}`);
    if (acknowledged.has(task.number) && !hasEnded(task, own)) fault("was acknowledged and has not ended");
    for (const [attempt, again] of byAttempt) {
      if (attempt > attemptsOf(task)) fault(`attempt ${attempt} was not to be`);
      if (again.length === 1) continue;
      const losses = again.flatMap((run, index) => {
        const { pid, end } = run;
        const killedAt = killed.get(pid);
        if (killedAt !== undefined) {
          // What could not be stored since the store was killed was lost with the process.
          const isAway = away !== null && away.from <= killedAt && killedAt - away.from <= away.lease;
          const lostFrom = isAway ? away.from : killedAt;
          const ms = Math.max(0, lostFrom - (end?.at ?? killedAt));
          if (ms <= storingTime) return [{ ms, because: "killed" }];
        }
        const next = again[index + 1];
        if (next !== undefined && stalls.some((stall) => isBehind(stall, run, next))) {
          return [{ ms: 0, because: "stalled" }];
        }
        if (killedAt !== undefined || away === null || end === null || next === undefined) return [];
        if (isTakenOver(away, run) || !isTakenOver(away, next)) return [];
        return [{ ms: Math.max(0, away.from - end.at), because: "away" }];
      }).filter(({ ms }) => ms <= storingTime).toSorted((a, b) => a.ms - b.ms);
      // All but one of them must have been lost.
      const needed = losses.slice(0, again.length - 1);
      late += needed.filter(({ because }) => because === "away").length;
      stalled += needed.filter(({ because }) => because === "stalled").length;
      longestGap = Math.max(longestGap, ...needed.map(({ ms }) => ms));
      if (needed.length < again.length - 1) {
        const kills = again.map(({ pid }) => killed.get(pid) ?? "not killed");
        fault(`attempt ${attempt} ran ${again.length} times (kills: ${kills.join(", ")})`);
      }
    }
  }
  if (away !== null && late > away.slots) {
    problems.push(`${late} tasks ran again after the store was away, and only ${away.slots} run at a time`);
  }
  const mayBeDead = new Set(planned.filter(isHopeless).map(({ number }) => number));
  for (const number of dead) {
    if (!mayBeDead.delete(number)) problems.push(`task ${number} is dead, or is dead twice`);
  }
  for (const number of mayBeDead) {
    if (acknowledged.has(number)) problems.push(`task ${number} is not dead`);
  }
  const attempts = new Set(runs.map(({ number, attempt }) => `${number} ${attempt}`));
  return {
    problems,
    runs: runs.length,
    repeated: runs.length - attempts.size,
    late,
    stalled,
    longestGap: Math.ceil(longestGap),
  };
}

/** Whether it began when leases may have been over: they are renewed at the latest when half of their time is. */
function isTakenOver({ from, lease }: Outage, { begun }: Run): boolean {
  return begun >= from + lease / 2;
}

/** Whether the process of `run` may have lost its lease to `next` because it did not run. */
function isBehind({ pid, from, to }: Stall, run: Run, next: Run): boolean {
  return pid === run.pid && from <= next.begun && to >= run.begun - beginTime;
}

/** Milliseconds in which a process that runs again begins the tasks that it had taken before. */
const beginTime = 200;

function hasEnded(task: PlannedTask, runs: readonly Run[]): boolean {
  const is = isHopeless(task) ? "failed" : "done";
  return runs.some(({ attempt, end }) => attempt === attemptsOf(task) && end?.is === is);
}
