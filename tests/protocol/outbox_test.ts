import { Outbox } from "../../src/protocol/outbox.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock, settled } from "../fakes/fake_clock.ts";

/** A reader that takes a write when the test says so. */
class Reader {
  readonly clock = new FakeClock();
  readonly writes: Uint8Array[] = [];
  readonly outbox: Outbox;
  #taken: (() => void) | null = null;

  constructor(limit: number) {
    this.outbox = new Outbox({
      ...{ clock: this.clock, limit },
      send: (bytes) => {
        this.writes.push(bytes);
        return new Promise((resolve) => this.#taken = resolve);
      },
    });
  }

  async takes(): Promise<void> {
    this.#taken?.();
    await settled();
  }

  get lengths(): number[] {
    return this.writes.map(({ length }) => length);
  }
}

Deno.test("a frame is written at once, and those of the next millisecond together, in their order", async () => {
  const reader = new Reader(1_000);
  reader.outbox.add(Uint8Array.of(1));
  assertEquals(reader.writes, [Uint8Array.of(1)]);
  await reader.takes();
  reader.outbox.add(Uint8Array.of(2));
  reader.outbox.add(Uint8Array.of(3, 4));
  assertEquals(reader.writes.length, 1);
  await reader.clock.advance(1);
  assertEquals(reader.writes[1], Uint8Array.of(2, 3, 4));
});

Deno.test("while a write is not taken the next ones wait, up to the limit, and come in their order", async () => {
  const reader = new Reader(10);
  const results = Array.from({ length: 12 }, (_, value) => reader.outbox.add(Uint8Array.of(value)));
  assertEquals(results, [...Array(10).fill(true), false, false]);
  assertEquals(reader.lengths, [1]);
  await reader.clock.advance(1_000);
  assertEquals(reader.lengths, [1]);
  await reader.takes();
  await reader.clock.advance(1);
  assertEquals(reader.writes[1], Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9));
  assertEquals(reader.outbox.add(Uint8Array.of(10)), true);
  assertEquals(reader.outbox.add(Uint8Array.of(11)), false);
  await reader.takes();
  await reader.clock.advance(1);
  assertEquals(reader.writes[2], Uint8Array.of(10));
  assertEquals(reader.outbox.add(Uint8Array.of(12)), true);
});

Deno.test("what must not be lost waits beyond the limit", async () => {
  const reader = new Reader(1);
  reader.outbox.add(Uint8Array.of(1));
  reader.outbox.insist(Uint8Array.of(2));
  await reader.takes();
  await reader.clock.advance(1);
  assertEquals(reader.writes[1], Uint8Array.of(2));
});

Deno.test("a write is short, so that other messages of the connection wait for little, unless a frame is long", async () => {
  const reader = new Reader(1_000_000);
  for (let frame = 0; frame < 10; frame++) reader.outbox.add(new Uint8Array(20_000));
  reader.outbox.add(new Uint8Array(300_000));
  for (let write = 0; write < 6; write++) {
    await reader.takes();
    await reader.clock.advance(1);
  }
  assertEquals(reader.lengths, [20_000, 60_000, 60_000, 60_000, 300_000]);
});

Deno.test("after a pause a frame is written at once again", async () => {
  const reader = new Reader(10);
  for (const value of [1, 2]) {
    reader.outbox.add(Uint8Array.of(value));
    await reader.takes();
    await reader.clock.advance(5);
    assertEquals(reader.writes.at(-1), Uint8Array.of(value));
  }
  assertEquals(reader.clock.timers, 0);
});

Deno.test("who waits for the end hears of it when the last frame is taken", async () => {
  const reader = new Reader(10);
  await reader.outbox.empty;
  reader.outbox.add(Uint8Array.of(1));
  reader.outbox.add(Uint8Array.of(2));
  let isEmpty = false;
  void reader.outbox.empty.then(() => isEmpty = true);
  await reader.takes();
  await reader.clock.advance(1);
  assertEquals([isEmpty, reader.lengths], [false, [1, 1]]);
  await reader.takes();
  assertEquals(isEmpty, true);
});
