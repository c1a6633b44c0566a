import fc from "fast-check";
import {
  boot,
  drainLimit,
  postpone,
  step,
  type WorkerEvent,
  type WorkerState,
} from "../../../src/core/pool/worker_state.ts";
import { assert, assertEquals } from "../../assert.ts";

const limits = { bootTimeout: 60_000, gracefulTimeout: 10_000, shutdownTimeout: 5_000 };
const at = (state: WorkerState, event: WorkerEvent, now: number) => step(state, event, now, limits);
const ready: WorkerState = { is: "ready", since: 0 };

Deno.test("a worker that is ready in time counts from then on", () => {
  assertEquals(at(boot(0), { type: "ready" }, 85).state, { is: "ready", since: 85 });
});

Deno.test("a worker that is not ready is killed at boot-timeout, not earlier", () => {
  assertEquals(at(boot(0), { type: "tick" }, 59_999).action, undefined);
  assertEquals(at(boot(0), { type: "tick" }, 60_000), {
    state: { is: "killed", because: "boot-timeout" },
    action: { type: "kill", because: "boot-timeout" },
  });
});

Deno.test("boot-timeout does not apply to a worker that waits for its turn to listen", () => {
  const loaded = at(boot(0), { type: "loaded" }, 59_000).state;
  assertEquals(at(loaded, { type: "tick" }, 600_000).action, undefined);
  assertEquals(at(loaded, { type: "ready" }, 600_000).state, { is: "ready", since: 600_000 });
});

Deno.test("a draining worker is killed only a margin after its own deadline", () => {
  const { state, action } = at(ready, { type: "drain", handedOver: true, isRestart: false }, 0);
  assertEquals(action, { type: "drain", handedOver: true, isRestart: false });
  assertEquals(at(state, { type: "tick" }, 10_000).action, undefined);
  assertEquals(at(state, { type: "tick" }, drainLimit(limits)).action, {
    type: "kill",
    because: "drain-overdue",
  });
});

Deno.test("a worker that began to drain by itself is not asked again", () => {
  const { state } = at(ready, { type: "draining" }, 0);
  assertEquals(at(state, { type: "drain", handedOver: true, isRestart: false }, 1).action, undefined);
});

Deno.test("a booting worker that is not wanted is killed: it has nothing to drain", () => {
  assertEquals(at(boot(0), { type: "drain", handedOver: true, isRestart: false }, 1).action, {
    type: "kill",
    because: "unwanted",
  });
});

Deno.test("property: every worker can end, is killed at most once, and stays gone", () => {
  const event = fc.constantFrom<WorkerEvent>(
    { type: "ready" },
    { type: "loaded" },
    { type: "drain", handedOver: true, isRestart: false },
    { type: "draining" },
    { type: "kill", because: "quick-stop" },
    { type: "exit" },
    { type: "tick" },
  );
  fc.assert(fc.property(fc.array(fc.tuple(event, fc.nat(20_000))), (history) => {
    let state = boot(0);
    let now = 0;
    let kills = 0;
    for (const [next, wait] of history) {
      now += wait;
      const was = state;
      const result = at(state, next, now);
      state = result.state;
      if (result.action?.type === "kill") kills++;
      if (was.is === "gone") assertEquals(state, was);
      if (was.is === "killed") assert(state.is === "killed" || state.is === "gone");
    }
    assert(kills <= 1);
    assertEquals(at(state, { type: "exit" }, now).state, { is: "gone" });
  }));
});

Deno.test("a pause of the master does not count against its workers", () => {
  const later = (state: WorkerState) => at(postpone(state, 100_000), { type: "tick" }, 100_100).action;
  assertEquals(
    [
      later(boot(0)),
      later(ready),
      later(at(ready, { type: "drain", handedOver: true, isRestart: false }, 0).state),
    ],
    [
      undefined,
      undefined,
      undefined,
    ],
  );
});
