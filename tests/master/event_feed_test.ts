import { EventFeed, keptEvents, keptNotable } from "../../src/master/event_feed.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";

Deno.test("the last events are kept under growing ids, and those after one can be had", () => {
  const feed = new EventFeed(new FakeClock());
  const told: number[] = [];
  const stop = feed.follow(({ id }) => told.push(id));
  for (let count = 1; count <= keptEvents + 20; count++) feed.tell({ kind: "scaled", text: `${count}` });
  stop();
  feed.tell({ kind: "scaled", text: "last" });
  assertEquals([told.length, told.at(-1)], [keptEvents + 20, keptEvents + 20]);
  const ids = (since: number) => feed.since(since).map(({ id }) => id);
  assertEquals([ids(0).length, ids(0)[0]], [keptEvents, 22]);
  assertEquals(ids(keptEvents + 20), [keptEvents + 21]);
  assertEquals(ids(keptEvents + 21), []);
});

Deno.test("an id from the count of another master asks for all", () => {
  const feed = new EventFeed(new FakeClock());
  feed.tell({ kind: "complete", text: "" });
  assertEquals(feed.since(900).length, 1);
});

Deno.test("a follower may leave while it is told", () => {
  const feed = new EventFeed(new FakeClock());
  let count = 0;
  const stop = feed.follow(() => {
    count++;
    stop();
  });
  feed.tell({ kind: "complete", text: "" });
  feed.tell({ kind: "complete", text: "" });
  assertEquals(count, 1);
});

Deno.test("decisions and deaths are kept for long, however much of the everyday happens between", () => {
  const feed = new EventFeed(new FakeClock());
  for (let count = 1; count <= keptNotable + 1; count++) {
    feed.tell({ kind: "scaled", text: `${count}` });
    for (let turn = 0; turn < 10; turn++) feed.tell({ kind: "worker-ready", text: "" });
  }
  assertEquals(
    feed.notable.map(({ text }) => Number(text)),
    Array.from({ length: keptNotable }, (_, at) => at + 2),
  );
});
