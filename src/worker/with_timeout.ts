import type { Clock } from "../system/system.ts";

/** Waits for `done`, but no longer than `ms`. */
export function withTimeout(clock: Clock, ms: number, done: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, resolve);
    done.then(() => {
      cancel();
      resolve();
    });
  });
}

/** To wait for a time and nothing else. */
export const pending: Promise<never> = new Promise<never>(() => {});
