import { Pace } from "../../src/core/pace.ts";
import { assertEquals } from "../assert.ts";

Deno.test("a burst costs no wait, what comes after it waits as long as the rate says", () => {
  const pace = new Pace(100);
  pace.spend(100, 0, 1_000);
  assertEquals(pace.pause(0, 1_000), 0);
  pace.spend(50, 0, 1_000);
  assertEquals(pace.pause(0, 1_000), 50);
  assertEquals(pace.pause(20, 1_000), 30);
  // Half the rate.
  assertEquals(pace.pause(20, 500), 60);
  assertEquals(pace.pause(80, 500), 0);
});

Deno.test("after a long pause it may spend one burst, not more", () => {
  const pace = new Pace(100);
  pace.spend(100, 0, 1_000);
  pace.spend(110, 60_000, 1_000);
  assertEquals(pace.pause(60_000, 1_000), 10);
});
