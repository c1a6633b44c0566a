import {
  lagOf,
  moodOf,
  type Order,
  orderAfter,
  ordered,
  stateText,
} from "../../../src/control/page/worker_rows.ts";
import type { WorkerStatus } from "../../../src/core/telemetry/status.ts";
import { assertEquals } from "../../assert.ts";
import { readyWorker } from "../../fakes/status.ts";

const blocked: WorkerStatus = { ...readyWorker, slot: 3, isStalled: true, lag: 4, heartbeatAge: 3_200 };
const failing: WorkerStatus = { ...readyWorker, slot: 2 };
/** It has failed before, and not since the last look. */
const better: WorkerStatus = { ...readyWorker, responses: { ...readyWorker.responses, "5xx": 4 } };
const drained: WorkerStatus = { ...readyWorker, slot: 1, state: "draining", age: 9_000 };
const rows = [better, drained, failing, blocked].map((worker) => ({
  worker,
  rate: worker.slot,
  errors: worker === failing ? 2 : 0,
}));
const slots = (order: Order) => ordered(rows, order).map(({ worker }) => worker.slot);

Deno.test("what is blocked comes first, then what fails or comes and goes, then what is well", () => {
  assertEquals(slots({ by: null, isDescending: false }), [3, 2, 1, 0]);
});

Deno.test("a click sorts by a column, a second one turns it around, a third goes back", () => {
  const first = orderAfter({ by: null, isDescending: false }, "req/s");
  assertEquals(slots(first), [3, 2, 1, 0]);
  const second = orderAfter(first, "req/s");
  assertEquals(slots(second), [0, 1, 2, 3]);
  assertEquals(orderAfter(second, "req/s"), { by: null, isDescending: false });
  assertEquals(slots(orderAfter(second, "worker")), [0, 1, 2, 3]);
  assertEquals(slots({ by: "age", isDescending: true }), [1, 0, 2, 3]);
});

Deno.test("a blocked worker is as late as it has given no sign, and says that it is blocked", () => {
  assertEquals([lagOf(blocked), lagOf({ ...blocked, isStalled: false })], [3_200, 4]);
  assertEquals([stateText(blocked), stateText(drained)], ["blocked", "draining"]);
  assertEquals([blocked, drained, readyWorker].map(moodOf), ["bad", "warn", "good"]);
});
