/** The lines for StatsD, under Gunicorn's names: the difference between two readings of the status. */

import { middleOf } from "./counters.ts";
import { responseClasses, type Status } from "./status.ts";

/** `before` is null for the first reading, which has only gauges. */
export function statsdLines(before: Status | null, now: Status): string[] {
  const { totals, workers } = now;
  const serving = workers.filter(({ state }) => state === "ready").length;
  const lines = [`gunicorn.workers:${serving}|g`];
  if (totals.backlog !== null) lines.push(`gunicorn.backlog:${totals.backlog}|g`);
  if (before === null) return lines;

  const answered = total(totals.latency) - total(before.totals.latency);
  if (answered > 0) lines.push(`gunicorn.requests:${answered}|c`);
  for (const name of responseClasses) {
    const count = totals.responses[name] - before.totals.responses[name];
    if (count > 0) lines.push(`gunicorn.request.status.${name}:${count}|c`);
  }
  totals.latency.forEach((count, bucket) => {
    const more = count - before.totals.latency[bucket]!;
    // With a rate of 1/n the server counts the one value n times.
    const rate = more > 1 ? `|@${1 / more}` : "";
    if (more > 0) lines.push(`gunicorn.request.duration:${middleOf(bucket)}|ms${rate}`);
  });
  return lines;
}

/** Packs lines into datagrams of at most `size` bytes; the lines are ASCII. */
export function packLines(lines: readonly string[], size: number): string[] {
  const packets: string[] = [];
  for (const line of lines) {
    const last = packets.at(-1);
    if (last !== undefined && last.length + 1 + line.length <= size) {
      packets[packets.length - 1] = `${last}\n${line}`;
    } else packets.push(line);
  }
  return packets;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
