/**
 * Which workers a new connection should go to, by what a look at each of them shows. With SO_REUSEPORT each worker has a
 * queue of its own, so a connection can wait for a busy worker while another one is idle. To send each to the shortest
 * line comes close to one queue for all: in a simulation with 8.5 ms of work for each request, 56 % load and two workers,
 * p99 is 46 ms at random, 28 ms by looks every millisecond, and 27 ms with one queue (`tests/simulation/lines.ts`).
 */

/** What is seen of a worker at one moment. */
export interface Look {
  /** Connections in its accept queue: its event loop takes them out as soon as it turns. */
  readonly waiting: number;
  /**
   * Requests that a new one would wait for besides: 1 while a handler runs that has not returned yet, so that the event loop
   * is not turning; with one request at a time, all that are in flight.
   */
  readonly ahead: number;
  /** All requests that the worker has begun since it started. */
  readonly requests: number;
  /** Grows whenever the worker goes on to another request; the same as `requests`, or with one at a time those that ended. */
  readonly turn: number;
}

/** What is known of the requests that wait for a worker. */
export interface Line extends Look {
  /** Connections that its event loop has accepted and whose requests have not begun, as far as looks can tell. */
  readonly accepted: number;
  /** Since when it has been busy without beginning a request, in milliseconds; `null` while it is not busy. */
  readonly busySince: number | null;
  /** How likely a worker that is seen busy is still busy with the same request at the next look, from 0 to 1. */
  readonly persistence: number;
}

/** Weight of the newest look in `persistence`. */
const newest = 0.1;

/** How the line stands at `now`, by a look and the line at the look before. */
export function observe(before: Line | null, look: Look, now: number): Line {
  const isBusy = look.ahead > 0 || look.waiting > 0;
  const begun = before === null ? 0 : look.requests - before.requests;
  const wasBusy = before !== null && before.busySince !== null;
  const persists = wasBusy && isBusy && look.turn === before.turn;
  const taken = before === null ? 0 : Math.max(0, before.waiting - look.waiting);
  return {
    ...look,
    accepted: isBusy && before !== null ? Math.max(0, before.accepted + taken - begun) : 0,
    busySince: !isBusy ? null : persists ? before.busySince : now,
    persistence: (before?.persistence ?? 0) +
      (wasBusy ? newest * (Number(persists) - before.persistence) : 0),
  };
}

/**
 * How many requests are in front of a new one. A worker in the middle of a short handler counts as idle: it is free
 * again long before the next look.
 */
function length({ busySince, persistence, waiting, accepted, ahead }: Line, now: number): number {
  if (busySince === null || (busySince === now && persistence < 0.5)) return 0;
  return waiting + accepted + ahead;
}

/** Those with the shortest line at `now`, the moment of the look. */
export function shortest<Worker>(lines: ReadonlyMap<Worker, Line>, now: number): Worker[] {
  const lengths = Array.from(lines, ([worker, line]) => ({ worker, length: length(line, now) }));
  const least = Math.min(...lengths.map(({ length }) => length));
  return lengths.filter(({ length }) => length === least).map(({ worker }) => worker);
}
