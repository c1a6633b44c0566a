/** The app of the chaos test: each attempt of a task writes a line when it begins, and one when it ends. */

import { enqueue } from "denicorn";
import { backoff, type PlannedTask } from "./chaos_plan.ts";

const file = Deno.openSync(Deno.env.get("CHAOS_LINES") ?? "/dev/null", { append: true, create: true });
const encoder = new TextEncoder();

/** One call of the system: lines of several processes do not mix, and none is half written at a kill. */
function note(what: string, number: number, attempt: number): void {
  const now = performance.timeOrigin + performance.now();
  file.writeSync(encoder.encode(`${what} ${Deno.pid} ${number} ${attempt} ${now}\n`));
}

/** A process that does not run does not renew the leases of its tasks either: others may take them. */
const rhythm = 100;
let last = performance.now();
const timer = setInterval(() => {
  const late = performance.now() - last - rhythm;
  if (late > rhythm) note("late", Math.round(late), 0);
  last = performance.now();
}, rhythm);
Deno.unrefTimer(timer);

export const tasks = {
  async work({ number, wait, failures }: PlannedTask, { attempt }: { readonly attempt: number }) {
    note("begin", number, attempt);
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const fails = attempt <= failures;
    note(fails ? "failed" : "done", number, attempt);
    if (fails) throw new Error(`task ${number} fails`);
  },
};

/** Answers with the numbers of the tasks that were added. */
export default async (request: Request): Promise<Response> => {
  const planned: PlannedTask[] = await request.json();
  const added = await Promise.allSettled(
    planned.map(({ key, ...task }) =>
      enqueue("work", task, { retries: task.retries, backoff, ...key === undefined ? {} : { key } })
    ),
  );
  return Response.json(
    planned.filter((_, index) => added[index]?.status === "fulfilled").map(({ number }) => number),
  );
};
