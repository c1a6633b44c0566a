/** Requests that arrive at random at workers with a line each, and how long they take. */

import { type Line, observe, shortest } from "../../src/core/listeners/waiting_lines.ts";
import { exponential, seeded } from "./random.ts";

interface Options {
  readonly workers: number;
  readonly perSecond: number;
  /** What each request computes, in milliseconds. */
  readonly work: number;
  readonly requests: number;
  /** How a worker is chosen; with `looks`, as it was seen at the last of them, this many milliseconds apart. */
  readonly choose: "at random" | "one queue" | { readonly looks: number };
}

/** A worker, as the time at which each of its requests begins and ends. */
interface Worker {
  readonly requests: { readonly start: number; readonly end: number }[];
  line: Line | null;
}

/** The durations of all requests in milliseconds, shortest first. */
export function durations({ workers: count, perSecond, work, requests, choose }: Options): number[] {
  // The same requests come to all, however a worker is chosen.
  const [arrivals, random] = [seeded(1), seeded(2)];
  const workers = Array.from({ length: count }, (): Worker => ({ requests: [], line: null }));
  const freeAt = ({ requests }: Worker) => requests.at(-1)?.end ?? 0;
  const anyOf = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)]!;
  let now = 0;
  let lastLook = 0;
  let preferred: readonly Worker[] = workers;
  const pick = (): Worker => {
    if (choose === "at random") return anyOf(workers);
    if (choose === "one queue") return workers.toSorted((a, b) => freeAt(a) - freeAt(b))[0]!;
    for (; lastLook + choose.looks <= now; preferred = look(workers, lastLook)) lastLook += choose.looks;
    return anyOf(preferred);
  };
  return Array.from({ length: requests }, () => {
    now += exponential(arrivals, perSecond);
    const worker = pick();
    const start = Math.max(now, freeAt(worker));
    worker.requests.push({ start, end: start + work });
    return start + work - now;
  }).sort((a, b) => a - b);
}

function look(workers: readonly Worker[], now: number): Worker[] {
  return shortest(
    new Map(workers.map((worker) => {
      const { requests } = worker;
      const begun = requests.findLastIndex(({ start }) => start <= now) + 1;
      const isHandling = begun > 0 && requests[begun - 1]!.end > now;
      const waiting = requests.length - begun;
      const seen = { waiting, ahead: Number(isHandling), requests: begun, turn: begun };
      return [worker, worker.line = observe(worker.line, seen, now)];
    })),
    now,
  );
}
