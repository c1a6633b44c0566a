import { addChanges, countedBefore } from "../../../src/core/telemetry/counted_before.ts";
import { noChanges } from "../../../src/core/telemetry/change_counters.ts";
import { addCounters, noCounters } from "../../../src/core/telemetry/counters.ts";
import { failureKinds } from "../../../src/core/telemetry/failures.ts";
import { assertEquals } from "../../assert.ts";
import { after, calmStatus } from "../../fakes/status.ts";
import { busyTasks } from "../../fakes/task_status.ts";

const served = after(calmStatus, 0.01, 3, 40);
const channels = { place: "redis:6379", problem: null, totals: { sent: 1, received: 2, dropped: 3 } };

Deno.test("what a status counts is read again, also through JSON", () => {
  const status = {
    ...served,
    countedSince: 1_600_000_000_000,
    tasks: busyTasks,
    channels,
    totals: {
      ...served.totals,
      cpuSeconds: 12.5,
      failures: { ...served.totals.failures, [failureKinds[1]!]: 4 },
      restarts: { ...noChanges.restarts, crash: 2 },
      upgrades: { succeeded: 1, failed: 0 },
    },
  };
  const before = countedBefore(JSON.parse(JSON.stringify(status)))!;
  assertEquals([before.since, before.cpuSeconds], [1_600_000_000_000, 12.5]);
  assertEquals(before.counters.requests, served.totals.requests);
  assertEquals(before.counters.latency, [...served.totals.latency]);
  assertEquals(before.counters.failures[1], 4);
  assertEquals(before.changes.restarts.crash, 2);
  assertEquals(before.changes.upgrades, { succeeded: 1, failed: 0 });
  assertEquals(before.channels, channels.totals);
  assertEquals(
    before.tasks,
    busyTasks.totals.map(({ name, started, done, retried, dead, durations }) => ({
      ...{ name, started, done, retried, dead, durations: [...durations] },
    })),
  );
});

Deno.test("of another version only what is known counts, and nothing that is no count", () => {
  const { startedAt } = calmStatus;
  const totals = {
    requests: -1,
    responses: { "2xx": "many" },
    latency: [1, null, "x"],
    restarts: { crash: 1, later: 9 },
  };
  const before = countedBefore({ startedAt, totals })!;
  assertEquals(before.since, startedAt);
  assertEquals(before.counters, addCounters(noCounters, { ...noCounters, latency: [1] }));
  assertEquals(before.changes, { ...noChanges, restarts: { ...noChanges.restarts, crash: 1 } });
  for (const none of [null, undefined, "text", {}, { totals: {} }, { startedAt, totals: 3 }]) {
    assertEquals(countedBefore(none), null, JSON.stringify(none));
  }
});

Deno.test("changes add up by name", () => {
  const some = { ...noChanges, reloads: { succeeded: 2, failed: 1 } };
  assertEquals(addChanges(some, some).reloads, { succeeded: 4, failed: 2 });
  assertEquals(addChanges(some, noChanges), some);
});
