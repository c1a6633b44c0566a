import type { Redis } from "../../types/ioredis.d.ts";
import { endSilentConnections } from "../../src/redis/silence.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";

/** A client whose connection says what a test lets it say. */
class FakeClient {
  readonly commandQueue = { length: 0 };
  readonly ended: string[] = [];
  readonly #listeners = new Map<string, () => void>();
  heard = () => {};

  readonly stream = {
    on: (_event: "data", listener: () => void) => void (this.heard = listener),
    destroy: (error: Error) => void this.ended.push(error.message),
  };

  on(event: string, listener: () => void): void {
    this.#listeners.set(event, listener);
  }

  emit(event: "connect" | "close"): void {
    this.#listeners.get(event)?.();
  }
}

function watched() {
  const clock = new FakeClock();
  const client = new FakeClient();
  endSilentConnections(clock, client as unknown as Redis, 4_000);
  client.emit("connect");
  return { clock, client };
}

Deno.test("a connection that owes an answer for too long is ended", async () => {
  const { clock, client } = watched();
  client.commandQueue.length = 1;
  await clock.advance(4_000);
  assertEquals(client.ended, []);
  await clock.advance(1_000);
  assertEquals(client.ended, ["no answer for 4 s"]);
});

Deno.test("one that owes nothing may be silent, and what arrives counts as a sign of life", async () => {
  const { clock, client } = watched();
  await clock.advance(60_000);
  client.commandQueue.length = 1;
  for (let second = 0; second < 60; second += 3) {
    await clock.advance(3_000);
    client.heard();
  }
  assertEquals(client.ended, []);
});

Deno.test("a closed connection is not looked at, and a new one from its beginning", async () => {
  const { clock, client } = watched();
  client.commandQueue.length = 1;
  await clock.advance(4_000);
  client.emit("close");
  assertEquals(clock.timers, 0);
  client.emit("connect");
  await clock.advance(4_000);
  assertEquals(client.ended, []);
  await clock.advance(1_000);
  assertEquals(client.ended.length, 1);
});
