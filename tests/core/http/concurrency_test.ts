import fc from "fast-check";
import { Concurrency } from "../../../src/core/http/concurrency.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("what does not run waits in its order, and what is too much is refused", () => {
  const gate = new Concurrency<string>({ running: 2, waiting: 2 });
  assertEquals([gate.enter(), gate.enter(), gate.enter()], [true, true, false]);
  assertEquals([gate.wait("a"), gate.wait("b"), gate.wait("c")], [true, true, false]);
  assertEquals([gate.leave(), gate.leave()], ["a", "b"]);
  assertEquals(gate.enter(), false);
  assertEquals([gate.leave(), gate.leave()], [null, null]);
  assertEquals(gate.enter(), true);
});

Deno.test("what no longer waits makes room for another and does not get its turn", () => {
  const gate = new Concurrency<string>({ running: 1, waiting: 1 });
  gate.enter();
  assertEquals([gate.wait("a"), gate.wait("b")], [true, false]);
  gate.abandon("a");
  assertEquals(gate.wait("c"), true);
  assertEquals([gate.leave(), gate.leave()], ["c", null]);
});

Deno.test("whatever happens, no more run than may, nothing waits while there is room, and the oldest is next", () => {
  const events = fc.array(fc.oneof(
    fc.constant({ type: "come" as const }),
    fc.constant({ type: "end" as const }),
    fc.record({ type: fc.constant("go" as const), place: fc.nat(20) }),
  ));
  fc.assert(fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(4), events, (running, waiting, events) => {
    const gate = new Concurrency<number>({ running, waiting });
    let runs = 0;
    let waits: number[] = [];
    events.forEach((event, ticket) => {
      if (event.type === "come") {
        const hasRoom = runs < running;
        assertEquals(gate.enter(), hasRoom);
        if (hasRoom) runs++;
        else if (gate.wait(ticket)) waits.push(ticket);
        else assertEquals(waits.length, waiting);
      } else if (event.type === "end" && runs > 0) {
        const next = gate.leave();
        assertEquals(next, waits.shift() ?? null);
        if (next === null) runs--;
      } else if (event.type === "go") {
        const gone = waits[event.place];
        if (gone !== undefined) gate.abandon(gone);
        waits = waits.filter((ticket) => ticket !== gone);
      }
      assert(runs <= running && waits.length <= waiting && (waits.length === 0 || runs === running));
    });
  }));
});
