import { decodeFigures } from "../../src/protocol/figures.ts";
import { Flight, Flights } from "../../src/worker/flights.ts";
import { Reports } from "../../src/worker/reports.ts";
import { initialise, readSlot, scoreboardSize, slotBytes, SlotWriter } from "../../src/core/scoreboard.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";

/** The reports of a worker with its figures in `buffer`. */
function scene(slowRequest: number, apart: string | null = null) {
  const clock = new FakeClock();
  const flights = new Flights();
  const buffer = new ArrayBuffer(scoreboardSize(1));
  initialise(buffer, 1);
  const slot = { writer: new SlotWriter(buffer, 0), apart, bytes: slotBytes(buffer, 0) };
  const slow: string[] = [];
  const sent: string[] = [];
  const reports = new Reports(clock, slot, flights, {
    slowRequest,
    onSlow: (flight, ms) => slow.push(`${flight.path} ${ms}`),
    send: (figures) => sent.push(figures),
  });
  const arrive = (path: string) => {
    const flight = new Flight(new Request(`http://localhost${path}`), clock.monotonic());
    flights.add(flight);
    return flight;
  };
  return { clock, flights, buffer, slot, reports, slow, sent, arrive };
}

Deno.test("a slow request is told once, while it runs, and a quick one never", async () => {
  const { clock, flights, reports, slow, arrive } = scene(100);
  arrive("/slow");
  await clock.advance(99);
  reports.report();
  assertEquals(slow, []);
  const quick = arrive("/quick");
  await clock.advance(25);
  reports.report();
  reports.report();
  flights.remove(quick);
  await clock.advance(400);
  reports.report();
  assertEquals(slow, ["/slow 124"]);
});

Deno.test("every slow request is told for itself, the oldest first; 0 tells none", async () => {
  for (const [limit, expected] of [[100, ["/one 150", "/two 100"]], [0, []]] as const) {
    const { clock, reports, slow, arrive } = scene(limit);
    arrive("/one?secret=1");
    await clock.advance(50);
    arrive("/two");
    await clock.advance(100);
    arrive("/three");
    reports.report();
    assertEquals(slow, [...expected]);
  }
});

Deno.test("the longest request in flight is kept up to date", async () => {
  const { clock, flights, buffer, reports, arrive } = scene(0);
  const longest = () => readSlot(buffer, 0).longest?.path ?? null;
  await clock.advance(10);
  const [first, second] = [arrive("/first"), arrive("/second")];
  reports.report();
  assertEquals(longest(), "/first");
  flights.remove(first);
  reports.report();
  assertEquals(longest(), "/second");
  flights.remove(second);
  reports.report();
  assertEquals(longest(), null);
});

Deno.test("figures the master cannot read are sent, a few times a second at most", async () => {
  const { clock, slot, reports, sent } = scene(0, "no memory");
  slot.writer.requests = 7;
  for (let beat = 0; beat < 40; beat++) {
    reports.report();
    await clock.advance(25);
  }
  assertEquals([sent.length, decodeFigures(sent[0]!)], [4, slot.bytes]);
  const shared = scene(0);
  shared.reports.report();
  assertEquals(shared.sent, []);
});
