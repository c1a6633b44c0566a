import { EventLog, retainedEvents, retainedImportant } from "../../../src/master/telemetry/event_log.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

Deno.test("the last events are retained with growing ids, and can be read from an id on", () => {
  const eventLog = new EventLog(new FakeClock());
  const event_: number[] = [];
  const stop = eventLog.follow(({ id }) => event_.push(id));
  for (let count = 1; count <= retainedEvents + 20; count++) {
    eventLog.emit({ kind: "scaled", text: `${count}` });
  }
  stop();
  eventLog.emit({ kind: "scaled", text: "last" });
  assertEquals([event_.length, event_.at(-1)], [retainedEvents + 20, retainedEvents + 20]);
  const ids = (since: number) => eventLog.since(since).map(({ id }) => id);
  assertEquals([ids(0).length, ids(0)[0]], [retainedEvents, 22]);
  assertEquals(ids(retainedEvents + 20), [retainedEvents + 21]);
  assertEquals(ids(retainedEvents + 21), []);
});

Deno.test("with an id that another master gave out all events are read", () => {
  const eventLog = new EventLog(new FakeClock());
  eventLog.emit({ kind: "complete", text: "" });
  assertEquals(eventLog.since(900).length, 1);
});

Deno.test("a follower may leave while it gets an event", () => {
  const eventLog = new EventLog(new FakeClock());
  let count = 0;
  const stop = eventLog.follow(() => {
    count++;
    stop();
  });
  eventLog.emit({ kind: "complete", text: "" });
  eventLog.emit({ kind: "complete", text: "" });
  assertEquals(count, 1);
});

Deno.test("important events are retained for long, however many others happen", () => {
  const eventLog = new EventLog(new FakeClock());
  for (let count = 1; count <= retainedImportant + 1; count++) {
    eventLog.emit({ kind: "scaled", text: `${count}` });
    for (let turn = 0; turn < 10; turn++) eventLog.emit({ kind: "worker-ready", text: "" });
  }
  assertEquals(
    eventLog.important.map(({ text }) => Number(text)),
    Array.from({ length: retainedImportant }, (_, at) => at + 2),
  );
});

Deno.test("deaths are counted by the number of the worker, those of task workers by themselves", () => {
  const eventLog = new EventLog(new FakeClock());
  for (const worker of [1, 1, 3]) eventLog.emit({ kind: "worker-died", text: "", worker });
  eventLog.emit({ kind: "task-worker-died", text: "", taskWorker: 1 });
  eventLog.emit({ kind: "worker-ended", text: "", worker: 1 });
  assertEquals([0, 1, 3].map((slot) => eventLog.deathsOf("requests", slot)), [0, 2, 1]);
  assertEquals([0, 1].map((slot) => eventLog.deathsOf("tasks", slot)), [0, 1]);
});
