import { monotonic } from "../../src/system/monotonic_clock.ts";
import { assert } from "../assert.ts";

/** The time, and the clock of the runtime before and after it was read. */
function reading() {
  return { before: performance.now(), at: monotonic(), after: performance.now() };
}

Deno.test("the monotonic clock counts milliseconds and never goes back", () => {
  const first = reading();
  let last = first;
  while (last.before - first.after < 50) {
    const next = reading();
    assert(next.at >= last.at);
    last = next;
  }
  const passed = last.at - first.at;
  // The runtime rounds its own clock.
  const [least, most] = [last.before - first.after - 0.1, last.after - first.before + 0.1];
  assert(passed >= least && passed <= most, `${passed}, not from ${least} to ${most} ms`);
});
