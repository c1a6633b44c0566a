import { stepStopping, type Stopping, type StoppingEvent } from "../../../src/core/transitions/stopping.ts";
import { assertEquals } from "../../assert.ts";

const term = (delay = 0): StoppingEvent => ({ type: "stop", how: "graceful", delay });
const int: StoppingEvent = { type: "stop", how: "quick", delay: 5_000 };
const tick: StoppingEvent = { type: "tick" };

/** Which phase begins at each event. */
function follow(...events: readonly (readonly [now: number, event: StoppingEvent])[]) {
  let stopping: Stopping = { is: "serving" };
  return events.map(([now, event]) => {
    const step = stepStopping(stopping, event, now);
    stopping = step.stopping;
    return step.begins;
  });
}

Deno.test("without a delay TERM drains at once, and a second TERM or INT stops at once", () => {
  assertEquals(follow([0, tick], [1, term()], [2, tick], [3, term()]), [null, "drain", null, "quick-stop"]);
  assertEquals(follow([0, term()], [1, int], [2, int], [3, term()], [4, tick]), [
    "drain",
    "quick-stop",
    null,
    null,
    null,
  ]);
});

Deno.test("with a delay it drains once, when the delay is over", () => {
  assertEquals(follow([0, term(5_000)], [4_999, tick], [5_000, tick], [5_250, tick]), [
    "delay",
    null,
    "drain",
    null,
  ]);
});

Deno.test("a second TERM ends the delay, and INT has none", () => {
  assertEquals(follow([0, term(5_000)], [100, term(5_000)]), ["delay", "quick-stop"]);
  assertEquals(follow([0, term(5_000)], [100, int], [5_000, tick]), ["delay", "quick-stop", null]);
  assertEquals(follow([0, int]), ["quick-stop"]);
});

Deno.test("a retiring master ignores the first TERM; another one, or INT, stops it at once", () => {
  const term = { type: "stop", how: "graceful", delay: 0 } as const;
  const first = stepStopping({ is: "retiring" }, term, 0);
  assertEquals(first, { stopping: { is: "draining" }, begins: null });
  assertEquals(stepStopping(first.stopping, term, 1).begins, "quick-stop");
  const interrupt = { type: "stop", how: "quick", delay: 0 } as const;
  assertEquals(stepStopping({ is: "retiring" }, interrupt, 0).begins, "quick-stop");
});
