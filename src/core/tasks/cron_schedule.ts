/** When tasks are due that are added again and again. */

import { Cron } from "croner";

/**
 * The first time after `from` at which a schedule is due, in milliseconds since 1970; `null` if it never is. `timezone` is
 * an IANA name, `null` for that of the process. Throws an error for a schedule or time zone that is none.
 *
 * When clocks are set forward, what is due in the hour that is left out is due as soon as it is over; when they are set
 * back, what is due in the hour that comes twice is due once, unless it is due every hour.
 */
export function nextFiring(schedule: string, timezone: string | null, from: number): number | null {
  const cron = new Cron(schedule, { paused: true, ...(timezone === null ? {} : { timezone }) });
  return cron.nextRun(new Date(from))?.getTime() ?? null;
}

/** Times are milliseconds since 1970. */
export interface CronState {
  /** `null`: it is never due again. */
  readonly next: number | null;
  /** When `next` was computed. */
  readonly computedAt: number;
}

/** If the wall clock was set back by less, it counts as a correction: what was due already is not due again. */
const correction = 3 * 3_600_000;

/**
 * What is to be done now; `null` for nothing. However many times have been missed, while no server ran or because the clock
 * was set forward, the task is added once. After the clock was set back by more than three hours, as from a wrong year, the
 * schedule begins from now.
 */
export function cronStep(
  state: CronState,
  now: number,
  nextAfter: (from: number) => number | null,
): { readonly isDue: boolean; readonly state: CronState } | null {
  const isDue = state.next !== null && state.next <= now;
  const isSetBack = isBefore(now, state.computedAt);
  if (!isDue && !isSetBack) return null;
  return { isDue, state: { next: nextAfter(now), computedAt: now } };
}

/** Whether the clock was set back by so much since `computedAt` that schedules begin from now. */
export function isBefore(now: number, computedAt: number): boolean {
  return now < computedAt - correction;
}
