import { CountedWarning } from "../../src/log/counted_warning.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";

Deno.test("the first is said at once, the others once a second with their number, and none is forgotten", async () => {
  const clock = new FakeClock();
  const said: string[] = [];
  const warning = new CountedWarning(clock, (count) => said.push(`${clock.monotonic()}: ${count}`));
  for (let count = 0; count < 5; count++) warning.add();
  assertEquals(said, ["0: 1"]);
  await clock.advance(1_500);
  assertEquals(said, ["0: 1", "1000: 4"]);
  warning.add();
  await clock.advance(10_000);
  assertEquals(said, ["0: 1", "1000: 4", "2000: 1"]);
  assertEquals(clock.timers, 0);
  warning.add();
  assertEquals(said.at(-1), "11500: 1");
});
