import fc from "fast-check";
import {
  decideRecycling,
  type RecyclingCandidate,
  type RecyclingLimits,
} from "../../../src/core/pool/recycling.ts";
import { assert, assertEquals } from "../../assert.ts";

const limits = (over: Partial<RecyclingLimits> = {}): RecyclingLimits => ({
  maxRequests: 0,
  maxRequestsJitter: 0,
  maxLifetime: 0,
  maxLifetimeJitter: 0,
  maxMemory: 0,
  maxMemoryJitter: 0,
  ...over,
});
const worker = (id: number, over: Partial<RecyclingCandidate<number>> = {}): RecyclingCandidate<number> => ({
  id,
  age: 0,
  requests: 0,
  memory: null,
  jitterShare: 0,
  ...over,
});

Deno.test("without limits no worker is due, with any jitter", () => {
  const old = worker(0, { age: 1e12, requests: 1e12, memory: 1e12 });
  const jitter = limits({ maxRequestsJitter: 1, maxLifetimeJitter: 1, maxMemoryJitter: 1 });
  assertEquals(decideRecycling([old], limits()), null);
  assertEquals(decideRecycling([old], jitter), null);
  assertEquals(decideRecycling([], limits({ maxRequests: 1 })), null);
});

Deno.test("a worker is due exactly when it reaches a limit", () => {
  const all = limits({ maxRequests: 1000, maxLifetime: 60_000, maxMemory: 5e8 });
  assertEquals(decideRecycling([worker(0, { requests: 999, age: 59_999, memory: 5e8 - 1 })], all), null);
  const due = (over: Partial<RecyclingCandidate<number>>) => decideRecycling([worker(0, over)], all);
  assertEquals(due({ requests: 1000 }), { id: 0, because: "max-requests", value: 1000, limit: 1000 });
  assertEquals(due({ age: 60_000 }), { id: 0, because: "max-lifetime", value: 60_000, limit: 60_000 });
  assertEquals(due({ memory: 6e8 }), { id: 0, because: "max-memory", value: 6e8, limit: 5e8 });
});

Deno.test("a worker's share of the jitter raises its limit", () => {
  const jittered = limits({ maxRequests: 1000, maxRequestsJitter: 101 });
  assertEquals(decideRecycling([worker(0, { requests: 1049, jitterShare: 0.5 })], jittered), null);
  assertEquals(decideRecycling([worker(0, { requests: 1050, jitterShare: 0.5 })], jittered)?.limit, 1050);
});

Deno.test("unknown memory does not make a worker due", () => {
  assertEquals(decideRecycling([worker(0)], limits({ maxMemory: 1 })), null);
});

Deno.test("one at a time: the one that exceeds its limit by the largest factor, the first of equals", () => {
  const all = limits({ maxRequests: 1000, maxMemory: 100 });
  const due = [
    worker(0, { requests: 1500 }),
    worker(1, { memory: 160 }),
    worker(2, { memory: 160, requests: 1000 }),
  ];
  assertEquals(decideRecycling(due, all), { id: 1, because: "max-memory", value: 160, limit: 100 });
});

Deno.test("property: the chosen worker exceeds its limit most, and null means that none does", () => {
  const value = fc.nat(1000);
  const candidate = fc.record({
    id: fc.nat(),
    age: value,
    requests: value,
    memory: fc.option(value),
    jitterShare: fc.double({ min: 0, max: 0.999, noNaN: true }),
  });
  const someLimits = fc.record({
    maxRequests: value,
    maxRequestsJitter: value,
    maxLifetime: value,
    maxLifetimeJitter: value,
    maxMemory: value,
    maxMemoryJitter: value,
  });
  fc.assert(fc.property(fc.array(candidate, { maxLength: 10 }), someLimits, (workers, limits) => {
    /** By which factor a worker exceeds a limit; 0 if it does not. */
    const over = (value: number | null, limit: number, jitter: number, jitterShare: number) => {
      const own = limit + Math.floor(jitter * jitterShare);
      return limit === 0 || value === null || value < own ? 0 : value / own;
    };
    const largest = Math.max(
      0,
      ...workers.flatMap(({ requests, age, memory, jitterShare }) => [
        over(requests, limits.maxRequests, limits.maxRequestsJitter, jitterShare),
        over(age, limits.maxLifetime, limits.maxLifetimeJitter, jitterShare),
        over(memory, limits.maxMemory, limits.maxMemoryJitter, jitterShare),
      ]),
    );
    const due = decideRecycling(workers, limits);
    assertEquals(due === null, largest === 0);
    if (due === null) return;
    assertEquals(due.value / due.limit, largest);
    assert(workers.some(({ id, age, requests, memory }) =>
      id === due.id &&
      due.value === { "max-requests": requests, "max-lifetime": age, "max-memory": memory }[due.because]
    ));
  }));
});
