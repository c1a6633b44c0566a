import { bucketCount, bucketOf } from "../../../src/core/telemetry/latency_histogram.ts";
import {
  clearSlot,
  initialise,
  isScoreboard,
  readHeartbeat,
  readSlot,
  scoreboardSize,
  type SlotReading,
  SlotWriter,
} from "../../../src/core/telemetry/scoreboard.ts";
import { assert, assertEquals, assertThrows } from "../../assert.ts";

const empty: SlotReading = {
  pid: 0,
  generation: 0,
  state: "none",
  heartbeats: 0,
  inFlight: 0,
  requests: 0,
  responses: [0, 0, 0, 0, 0],
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
  writer.generation = 3;
  writer.state = "draining";
  writer.heartbeat();
  writer.heartbeat();
  writer.inFlight = 5;
  writer.requests = 2 ** 40;
  writer.heartbeatInterval = 2 ** 50;
  for (const status of [101, 200, 204, 302, 404, 500, 503, 599, 0, 99, 600, NaN]) {
    writer.countResponse(status);
  }
  for (const ms of [12, 12, 3000]) writer.countLatency(ms);
  writer.measureLag(100);
  writer.measureLag(7);
  writer.enter("POST", "/entries?page=2", 1_700_000_000_123);
  writer.setLongest("GET", "/slow", 1_700_000_000_001);
  assertEquals(
    [
      writer.pid,
      writer.generation,
      writer.state,
      writer.heartbeats,
      writer.inFlight,
      writer.requests,
      writer.heartbeatInterval,
    ],
    [4711, 3, "draining", 2, 5, 2 ** 40, 2 ** 50],
  );
  return {
    pid: 4711,
    generation: 3,
    state: "draining",
    heartbeats: 2,
    inFlight: 5,
    requests: 2 ** 40,
    responses: [1, 2, 1, 1, 3],
    heartbeatInterval: 2 ** 50,
    lag: 7,
    greatestLag: 95,
    latency: empty.latency.with(bucketOf(12), 2).with(bucketOf(3000), 1),
    entered: { method: "POST", path: "/entries?page=2", since: 1_700_000_000_123 },
    longest: { method: "GET", path: "/slow", since: 1_700_000_000_001 },
  };
}

Deno.test("what a worker writes is read from its slot, and from no other", () => {
  const buffer = scoreboard(3);
  const written = fill(buffer, 1);
  assertEquals([0, 1, 2].map((slot) => readSlot(buffer, slot)), [empty, written, empty]);
  assertEquals([0, 1, 2].map((slot) => readHeartbeat(buffer, slot)), [0, 2, 0]);
  assert(isScoreboard(buffer));
});

Deno.test("a cleared slot is empty, its neighbours are not", () => {
  const buffer = scoreboard(3);
  const [first, , third] = [0, 1, 2].map((slot) => fill(buffer, slot));
  clearSlot(buffer, 1);
  assertEquals([0, 1, 2].map((slot) => readSlot(buffer, slot)), [first, empty, third]);
});

Deno.test("a handler that returned is not entered any more, a request that ended not the longest", () => {
  const buffer = scoreboard(1);
  fill(buffer, 0);
  const writer = new SlotWriter(buffer, 0);
  writer.leave();
  writer.clearLongest();
  assertEquals([readSlot(buffer, 0).entered, readSlot(buffer, 0).longest], [null, null]);
});

Deno.test("slots are on cache lines of their own, and every number on a multiple of 8", () => {
  assertEquals([scoreboardSize(0), scoreboardSize(1) % 64, scoreboardSize(7) % 64], [64, 0, 0]);
});

Deno.test("a buffer of another version, of another kind or cut short is no scoreboard", () => {
  const spoiled = (word: number, value: number) => {
    const buffer = scoreboard(2);
    new Float64Array(buffer)[word] = value;
    return isScoreboard(buffer);
  };
  assertEquals([0, 1, 2, 3].map((word) => spoiled(word, 3)), [false, false, false, false]);
  assertEquals([spoiled(2, NaN), spoiled(2, -1), spoiled(2, 0.5)], [false, false, false]);
  assertEquals(isScoreboard(scoreboard(2).slice(0, -8)), false);
  assertEquals(isScoreboard(new ArrayBuffer(0)), false);
  assertEquals(isScoreboard(new ArrayBuffer(scoreboardSize(2))), false);
});

Deno.test("memory is mapped in whole pages: more than is needed is fine, less is not", () => {
  const buffer = new ArrayBuffer(8192);
  initialise(buffer, 2);
  assert(isScoreboard(buffer));
  assertThrows(() => initialise(new ArrayBuffer(100), 2), RangeError, "100 bytes are too few");
});

Deno.test("a slot that is not there is a mistake", () => {
  const buffer = scoreboard(1);
  for (const slot of [-1, 1]) {
    assertThrows(() => readSlot(buffer, slot), RangeError);
    assertThrows(() => readHeartbeat(buffer, slot), RangeError);
    assertThrows(() => clearSlot(buffer, slot), RangeError);
    assertThrows(() => new SlotWriter(buffer, slot), RangeError);
  }
});
