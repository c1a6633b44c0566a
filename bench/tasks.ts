/**
 * Background tasks: how fast they are added and run, and how long a task waits until it begins, with two task workers;
 * beside plain BullMQ and Celery on the same Redis. Medians of interleaved rounds. `ONLY=redis` measures the subjects named
 * so, `ROUNDS=3`, `TASKS=20000`, `CONCURRENCY=10,50`. A subject that fails says so in place of its figures.
 */

import { median, report, reportFailure } from "./support/program.ts";
import { measure, type Measured } from "./tasks/measure_tasks.ts";
import { interleaved } from "./tasks/rounds.ts";
import { subjects } from "./tasks/subjects.ts";

const bench = "tasks";
const rounds = Number(Deno.env.get("ROUNDS") ?? 3);
const tasks = Number(Deno.env.get("TASKS") ?? 20_000);
const only = Deno.env.get("ONLY") ?? "";

for (const concurrency of (Deno.env.get("CONCURRENCY") ?? "10,50").split(",").map(Number)) {
  const chosen = subjects.filter(({ name }) => name.includes(only) || /^(BullMQ|Celery)/.test(name));
  const outcomes = await interleaved(
    chosen,
    rounds,
    (subject) => measure(subject, concurrency, { tasks, single: 200 }),
  );
  const figures: readonly [string, string, (measured: Measured) => number][] = [
    ["added together", "1/s", ({ added }) => added],
    ["added one by one", "1/s", ({ addedAlone }) => addedAlone],
    ["empty tasks run", "1/s", ({ empty }) => empty],
    ["tasks of 10 ms run", "1/s", ({ waiting }) => waiting],
    ["p50 to start, idle", "µs", ({ idle }) => 1_000 * quantile(idle, 0.5)],
    ["p99 to start, idle", "µs", ({ idle }) => 1_000 * quantile(idle, 0.99)],
    ["p50 to start, loaded", "µs", ({ loaded }) => 1_000 * quantile(loaded, 0.5)],
    ["p99 to start, loaded", "µs", ({ loaded }) => 1_000 * quantile(loaded, 0.99)],
  ];
  for (const [what, unit, read] of figures) {
    const of = (name: string) => median((outcomes.get(name)?.measured ?? []).map(read));
    console.log(`\n${what}, concurrency ${concurrency} (1.00×: BullMQ under Deno)`);
    for (const { name } of chosen) {
      const figure = `${name}: ${what}, ${concurrency}`;
      const failure = outcomes.get(name)?.failure ?? null;
      // What it measured before is of fewer rounds than the others.
      if (failure !== null) reportFailure(bench, figure, failure);
      else report(bench, figure, of(name), unit, of("BullMQ, Deno"));
    }
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
