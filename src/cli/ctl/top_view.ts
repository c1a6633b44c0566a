/** What the keys of `denicorn ctl top` choose: the order of the workers, which of them are shown, and from which on. */

import { workerRate } from "../../control/page/samples.ts";
import type { Status, WorkerStatus } from "../../core/telemetry/status.ts";

export interface TopView {
  readonly sort: SortName;
  readonly isReversed: boolean;
  /** Only workers whose row has this text are shown; all if it is empty. */
  readonly filter: string;
  /** Keys go to the filter. */
  readonly isTyping: boolean;
  /** How many workers are scrolled past. */
  readonly first: number;
}

export const firstView: TopView = {
  ...{ sort: "worker", isReversed: false, filter: "", isTyping: false, first: 0 },
};

type Figure = (worker: WorkerStatus, before: Status | null, now: Status) => number;

/** The orders, as `s` goes through them: the first by number, the others with the greatest figure first. */
const sorts = {
  "worker": ({ slot }) => -slot,
  "state": ({ isStalled, state }) => isStalled ? 2 : state === "ready" || state === "spare" ? 0 : 1,
  "req/s": (worker, before, now) => workerRate(before, now, worker) ?? -1,
  "errors": errorsOf,
  "restarts": ({ restarts }) => restarts,
  "p99": ({ p99 }) => p99 ?? -1,
  "in flight": ({ inFlight }) => inFlight,
  "lag": ({ lag }) => lag,
  "cpu": ({ cpu }) => cpu ?? -1,
  "memory": ({ memory }) => memory ?? -1,
  "age": ({ age }) => age,
} as const satisfies Readonly<Record<string, Figure>>;

type SortName = keyof typeof sorts;
const sortNames = Object.keys(sorts) as SortName[];

/** Requests that were answered with 5xx. */
export function errorsOf({ responses }: WorkerStatus): number {
  return responses["5xx"];
}

/** In the order of the view. */
export function sorted(
  workers: readonly WorkerStatus[],
  before: Status | null,
  now: Status,
  { sort, isReversed }: TopView,
): WorkerStatus[] {
  const figure: Figure = sorts[sort];
  const direction = isReversed ? -1 : 1;
  return workers.toSorted((one, other) =>
    direction * (figure(other, before, now) - figure(one, before, now)) || one.slot - other.slot
  );
}

/** The first worker on the screen, of `count` in `rows` lines: the last line is never empty while some are above. */
export function firstShown({ first }: TopView, count: number, rows: number): number {
  return Math.max(0, Math.min(first, count - rows));
}

const scrollKeys: Readonly<Record<string, (page: number) => number>> = {
  "\x1b[A": () => -1,
  "\x1bOA": () => -1,
  "k": () => -1,
  "\x1b[B": () => 1,
  "\x1bOB": () => 1,
  "j": () => 1,
  "\x1b[5~": (page) => -page,
  "\x1b[6~": (page) => page,
  " ": (page) => page,
  "\x1b[H": () => -Infinity,
  "\x1b[1~": () => -Infinity,
  "g": () => -Infinity,
  "\x1b[F": () => Infinity,
  "\x1b[4~": () => Infinity,
  "G": () => Infinity,
};

/** The view after a key, or `null` to quit. `count`: the workers that pass the filter; `rows`: for how many there is space. */
export function afterKey(
  view: TopView,
  key: string,
  { count, rows }: { readonly count: number; readonly rows: number },
): TopView | null {
  if (key === "\x03") return null;
  if (view.isTyping) return afterTyping(view, key);
  const scroll = scrollKeys[key];
  if (scroll !== undefined) {
    const first = Math.max(0, firstShown(view, count, rows) + scroll(rows));
    return { ...view, first: firstShown({ ...view, first }, count, rows) };
  }
  switch (key) {
    case "q":
      return null;
    case "s":
      return { ...view, sort: nextSort(view.sort), first: 0 };
    case "r":
      return { ...view, isReversed: !view.isReversed, first: 0 };
    case "/":
      return { ...view, isTyping: true };
    case "\x1b":
      return { ...view, filter: "", first: 0 };
    default:
      return view;
  }
}

function afterTyping(view: TopView, key: string): TopView {
  if (key === "\r" || key === "\n") return { ...view, isTyping: false };
  if (key === "\x1b") return { ...view, isTyping: false, filter: "", first: 0 };
  if (key === "\x7f" || key === "\b") {
    return { ...view, filter: Array.from(view.filter).slice(0, -1).join(""), first: 0 };
  }
  return /^\P{Cc}$/u.test(key) ? { ...view, filter: view.filter + key, first: 0 } : view;
}

function nextSort(sort: SortName): SortName {
  return sortNames[(sortNames.indexOf(sort) + 1) % sortNames.length]!;
}
