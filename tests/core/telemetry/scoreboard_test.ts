import { failureKinds } from "../../../src/core/telemetry/failures.ts";
import { bucketCount, bucketOf } from "../../../src/core/telemetry/latency_histogram.ts";
import {
  clearSlot,
  initialise,
  isScoreboard,
  readSlot,
  scoreboardSize,
  SlotNumbers,
  type SlotReading,
  SlotWriter,
} from "../../../src/core/telemetry/scoreboard.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";

const empty: SlotReading = {
  pid: 0,
  heartbeats: 0,
  inFlight: 0,
  webSockets: 0,
  requests: 0,
  responses: [0, 0, 0, 0, 0],
  failures: Array(failureKinds.length).fill(0),
  heartbeatInterval: 0,
  lag: 0,
  greatestLag: 0,
  latency: Array(bucketCount).fill(0),
  entered: null,
  longest: null,
};

function scoreboard(slots: number): ArrayBuffer {
  const buffer = new ArrayBuffer(scoreboardSize(slots));
  initialise(buffer, slots);
  return buffer;
}

/** Writes something to every field. */
function fill(buffer: ArrayBuffer, slot: number): SlotReading {
  const writer = new SlotWriter(buffer, slot);
  writer.pid = 4711;
  writer.heartbeat();
  writer.heartbeat();
  writer.inFlight = 5;
  writer.webSockets = 3;
  writer.requests = 2 ** 40;
  writer.heartbeatInterval = 250;
  for (const status of [101, 200, 204, 302, 404, 500, 503, 599, 0, 99, 600, NaN]) {
    writer.countResponse(status);
  }
  writer.countFailures(failureKinds[0], 1);
  writer.countFailures(failureKinds.at(-1)!, 2);
  writer.countFailures(failureKinds.at(-1)!, 3);
  for (const ms of [12, 12, 3000]) writer.countLatency(ms);
  writer.measureLag(100);
  writer.measureLag(7);
  writer.enter("POST", "/entries?page=2", 1_700_000_000_123);
  writer.setLongest("GET", "/slow", 1_700_000_000_001);
  return {
    pid: 4711,
    heartbeats: 2,
    inFlight: 5,
    webSockets: 3,
    requests: 2 ** 40,
    responses: [1, 2, 1, 1, 3],
    failures: empty.failures.with(0, 1).with(-1, 5),
    heartbeatInterval: 250,
    lag: 7,
    greatestLag: 95,
    latency: empty.latency.with(bucketOf(12), 2).with(bucketOf(3000), 1),
    entered: { method: "POST", path: "/entries?page=2", since: 1_700_000_000_123 },
    longest: { method: "GET", path: "/slow", since: 1_700_000_000_001 },
  };
}

Deno.test("what a worker writes is read from its slot, and only from that", () => {
  const buffer = scoreboard(3);
  const written = fill(buffer, 1);
  assertEquals([0, 1, 2].map((slot) => readSlot(buffer, slot)), [empty, written, empty]);
  const numbers = new SlotNumbers(buffer);
  assertEquals([0, 1, 2].map((slot) => numbers.heartbeats(slot)), [0, 2, 0]);
  assertEquals([numbers.inFlight(1), numbers.requests(1), numbers.heartbeatInterval(1)], [5, 2 ** 40, 250]);
  assertEquals([0, 1].map((slot) => numbers.handlingSince(slot)), [0, 1_700_000_000_123]);
  assert(isScoreboard(buffer));
});

Deno.test("a cleared slot is empty, its neighbours are not", () => {
  const buffer = scoreboard(3);
  const [first, , third] = [0, 1, 2].map((slot) => fill(buffer, slot));
  clearSlot(buffer, 1);
  assertEquals([0, 1, 2].map((slot) => readSlot(buffer, slot)), [first, empty, third]);
});

Deno.test("a handler that has returned is not the entered one, a request that has ended not the longest", () => {
  const buffer = scoreboard(1);
  fill(buffer, 0);
  const writer = new SlotWriter(buffer, 0);
  writer.leave();
  writer.clearLongest();
  assertEquals([readSlot(buffer, 0).entered, readSlot(buffer, 0).longest], [null, null]);
});

Deno.test("each slot has its own cache lines", () => {
  assertEquals([scoreboardSize(0), scoreboardSize(1) % 64, scoreboardSize(7) % 64], [64, 0, 0]);
});

Deno.test("a buffer of another version or kind, or a shorter one, is not a scoreboard", () => {
  const spoiled = (word: number, value: number) => {
    const buffer = scoreboard(2);
    new Float64Array(buffer)[word] = value;
    return isScoreboard(buffer);
  };
  assertEquals([0, 1, 2, 3].map((word) => spoiled(word, 99)), [false, false, false, false]);
  assertEquals([spoiled(2, NaN), spoiled(2, -1), spoiled(2, 0.5)], [false, false, false]);
  assertEquals(isScoreboard(scoreboard(2).slice(0, -8)), false);
  assertEquals(isScoreboard(new ArrayBuffer(0)), false);
  assertEquals(isScoreboard(new ArrayBuffer(scoreboardSize(2))), false);
});

Deno.test("a buffer may be larger than needed, because memory is mapped in pages, but not smaller", () => {
  const buffer = new ArrayBuffer(8192);
  initialise(buffer, 2);
  assert(isScoreboard(buffer));
  assertThrows(() => initialise(new ArrayBuffer(100), 2), RangeError, "100 bytes are too few");
});

Deno.test("a slot number that does not exist throws", () => {
  const buffer = scoreboard(1);
  for (const slot of [-1, 1]) {
    assertThrows(() => readSlot(buffer, slot), RangeError);
    assertEquals(new SlotNumbers(buffer).heartbeats(slot), 0);
    assertThrows(() => clearSlot(buffer, slot), RangeError);
    assertThrows(() => new SlotWriter(buffer, slot), RangeError);
  }
});

Deno.test("what no worker writes counts as 0: the app could write to the memory, too", () => {
  for (const value of [NaN, Infinity, -Infinity, -1, 5e-324, 1e300, -1e300]) {
    const buffer = scoreboard(2);
    const slots = new Float64Array(buffer, scoreboardSize(0));
    slots.fill(value);
    const { lag, greatestLag, heartbeatInterval, entered, longest, ...counts } = readSlot(buffer, 1);
    const { lag: _, greatestLag: _2, heartbeatInterval: _3, entered: _4, longest: _5, ...none } = empty;
    assertEquals(counts, none, String(value));
    for (const ms of [lag, greatestLag, heartbeatInterval]) assert(ms === 0 || ms === 5e-324, String(ms));
    const numbers = new SlotNumbers(buffer);
    const read = [
      numbers.heartbeats(1),
      numbers.inFlight(1),
      numbers.requests(1),
      numbers.heartbeatInterval(1),
    ];
    assert(read.every((number) => number === 0 || number === 5e-324), String(read));
    assert(numbers.handlingSince(1) >= 0);
    for (const request of [entered, longest]) {
      if (request !== null) assert(Number.isFinite(new Date(request.since).getTime()), String(request.since));
    }
  }
});
