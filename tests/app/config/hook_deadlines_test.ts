import { HookDeadlines } from "../../../src/app/config/hook_deadlines.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

Deno.test("what is not done in time is late once, by a tenth of a second at most", async () => {
  const clock = new FakeClock();
  const deadlines = new HookDeadlines(clock, 1_000);
  const late: [name: string, at: number][] = [];
  const begin = (name: string) => deadlines.begin(() => void late.push([name, clock.monotonic()]));
  begin("first");
  await clock.advance(250);
  const done = begin("second");
  begin("third");
  await clock.advance(700);
  done();
  assertEquals(late, []);
  await clock.advance(2_000);
  assertEquals(late, [["first", 1_000], ["third", 1_300]]);
});

Deno.test("there is one timer for all, and none before the first hook that waits", () => {
  const clock = new FakeClock();
  const deadlines = new HookDeadlines(clock, 1_000);
  assertEquals(clock.timers, 0);
  for (let hook = 0; hook < 5; hook++) deadlines.begin(() => {});
  assertEquals(clock.timers, 1);
});

Deno.test("a short time is looked at in time", async () => {
  const clock = new FakeClock();
  let isLate = false;
  new HookDeadlines(clock, 50).begin(() => isLate = true);
  await clock.advance(50);
  assertEquals(isLate, true);
});

Deno.test("the timer ends when nothing waits, and comes back with the next hook", async () => {
  const clock = new FakeClock();
  const deadlines = new HookDeadlines(clock, 1_000);
  deadlines.begin(() => {})();
  await clock.advance(100);
  assertEquals(clock.timers, 0);
  let isLate = false;
  deadlines.begin(() => isLate = true);
  assertEquals(clock.timers, 1);
  await clock.advance(1_000);
  assertEquals([isLate, clock.timers], [true, 0]);
});
