import fc from "fast-check";
import { cronStep, nextFiring } from "../../../src/core/tasks/cron_schedule.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";

const hour = 3_600_000;

/** The next times after `from`. */
function firings(schedule: string, timezone: string | null, from: string, count: number): string[] {
  const times: string[] = [];
  for (let at: number | null = Date.parse(from); times.length < count;) {
    at = nextFiring(schedule, timezone, at);
    if (at === null) break;
    times.push(new Date(at).toISOString().replace(":00.000Z", "Z"));
  }
  return times;
}

Deno.test("a schedule has five fields, or six with seconds", () => {
  assertEquals(firings("30 8 * * 1-5", "UTC", "2026-01-02T09:00:00Z", 2), [
    "2026-01-05T08:30Z",
    "2026-01-06T08:30Z",
  ]);
  assertEquals(nextFiring("*/10 * * * * *", "UTC", 1), 10_000);
  assertEquals(firings("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2), [
    "2028-02-29T00:00Z",
    "2032-02-29T00:00Z",
  ]);
  assertEquals(nextFiring("0 0 30 2 *", "UTC", 0), null);
});

Deno.test("what is no schedule or no time zone is refused", () => {
  assertThrows(() => nextFiring("every day", "UTC", 0));
  assertThrows(() => nextFiring("61 * * * *", "UTC", 0));
  assertThrows(() => nextFiring("* * * * *", "Mars/Base", 0));
});

Deno.test("a daily task runs once on the days on which clocks are set", () => {
  // 02:30 does not exist on the first of these days, and exists twice on the second.
  assertEquals(firings("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 2), [
    "2026-03-29T01:00Z",
    "2026-03-30T00:30Z",
  ]);
  assertEquals(firings("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2), [
    "2026-10-25T00:30Z",
    "2026-10-26T01:30Z",
  ]);
});

Deno.test("an hourly task runs every hour on the days on which clocks are set", () => {
  for (const day of ["2026-03-29", "2026-10-25"]) {
    const times = firings("0 * * * *", "Europe/Berlin", `${day}T00:00:00Z`, 5);
    assertEquals(times, [1, 2, 3, 4, 5].map((hour) => `${day}T0${hour}:00Z`));
  }
});

const zones = fc.constantFrom(
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "Asia/Tokyo",
);
const schedules = fc.tuple(
  fc.constantFrom("*", "*/7", "0", "30", "59"),
  fc.constantFrom("*", "*/5", "0", "2", "23"),
  fc.constantFrom("*", "1", "28"),
).map(([minute, hour, day]) => `${minute} ${hour} ${day} * *`);

Deno.test("the next time is always later, and the same from everywhere before it", () => {
  const times = fc.integer({ min: Date.UTC(2025, 0), max: Date.UTC(2030, 0) });
  fc.assert(
    fc.property(
      schedules,
      zones,
      times,
      fc.double({ min: 0, max: 1, noNaN: true }),
      (schedule, zone, from, part) => {
        const next = nextFiring(schedule, zone, from);
        assert(next !== null && next > from);
        assert(next - from < 32 * 24 * hour);
        const between = Math.floor(from + (next - 1 - from) * part);
        assertEquals(nextFiring(schedule, zone, between), next);
      },
    ),
  );
});

const hourly = (from: number) => nextFiring("0 * * * *", "UTC", from);

Deno.test("nothing is to be done before a task is due", () => {
  assertEquals(cronStep({ next: hour, computedAt: 0 }, hour - 1, hourly), null);
  assertEquals(cronStep({ next: null, computedAt: 0 }, hour, hourly), null);
});

Deno.test("however many times were missed, the task is added once", () => {
  for (const now of [hour, hour + 1, 100.5 * hour]) {
    const next = (Math.floor(now / hour) + 1) * hour;
    assertEquals(cronStep({ next: hour, computedAt: 0 }, now, hourly), {
      isDue: true,
      state: { next, computedAt: now },
    });
  }
});

Deno.test("a small step back of the clock adds nothing twice, after a long one the schedule begins from now", () => {
  const state = { next: 101 * hour, computedAt: 100 * hour };
  assertEquals(cronStep(state, 97.5 * hour, hourly), null);
  assertEquals(cronStep(state, 50.5 * hour, hourly), {
    isDue: false,
    state: { next: 51 * hour, computedAt: 50.5 * hour },
  });
});

Deno.test("a clock that jumps at will never adds a task twice for one time, nor stops the schedule", () => {
  const steps = fc.array(fc.integer({ min: -200 * hour, max: 200 * hour }), { maxLength: 20 });
  fc.assert(fc.property(steps, (jumps) => {
    let now = 1000 * hour + 1;
    let state = { next: hourly(now), computedAt: now };
    for (const jump of jumps) {
      now += jump;
      const step = cronStep(state, now, hourly);
      if (step !== null) state = step.state;
      // Never further away than one hour, and the correction that is not noticed.
      assert(state.next !== null && state.next - now <= 4 * hour);
      assertEquals(cronStep(state, now, hourly), null);
    }
  }));
});
