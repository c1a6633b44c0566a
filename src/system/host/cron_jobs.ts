/** `Deno.cron` of an app: its own schedule, whose jobs run only where they are to run. */

import type { CronJobs } from "../system.ts";

type Cron = (name: unknown, schedule: unknown, ...rest: readonly unknown[]) => Promise<void>;

/** From now on each job runs by `jobs.run`. Call it before the app is imported. */
export function takeCron(jobs: CronJobs): void {
  const runtime: unknown = Reflect.get(Deno, "cron");
  if (typeof runtime !== "function") return;
  const cron: Cron = (name, schedule, ...rest) => {
    let job: () => unknown = () => {};
    const wrapped = rest.map((value) => {
      if (typeof value !== "function") return value;
      job = () => Reflect.apply(value, undefined, []);
      return () => jobs.run(String(name), job);
    });
    let ended: Promise<void>;
    try {
      ended = Reflect.apply(runtime, Deno, [name, schedule, ...wrapped]);
    } catch (error) {
      // A name, schedule or option that is none: it is the call that is wrong.
      if (error instanceof Error) Error.captureStackTrace(error, cron);
      throw error;
    }
    jobs.added(String(name), job);
    const remove = () => jobs.removed(String(name));
    void ended.then(remove, remove);
    return ended;
  };
  Object.defineProperty(Deno, "cron", { value: cron, configurable: true, enumerable: true, writable: true });
}

const minute = 60_000;

/** Milliseconds between two moments at which jobs can be due. */
export function cronUnit(): number {
  // The runtime's own variable for tests: every job is due again after so many milliseconds, whatever its schedule.
  const offset = Number(Deno.env.get("DENO_CRON_TEST_SCHEDULE_OFFSET"));
  return offset > 0 ? offset : minute;
}
