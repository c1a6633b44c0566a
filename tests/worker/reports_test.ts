import { decodeBytes } from "../../src/protocol/framing.ts";
import { InFlightRequest, InFlightRequests } from "../../src/worker/http/in_flight_requests.ts";
import { Reports } from "../../src/worker/reports.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";
import { privateSlot } from "../fakes/slots.ts";

/** The reports of a worker, with what they logged and sent. */
function fakeWorker(slowRequest: number, notSharedReason: string | null = null) {
  const clock = new FakeClock();
  const entries = new InFlightRequests();
  const slot = { ...privateSlot(), notSharedReason };
  const slow: string[] = [];
  const sent: string[] = [];
  const reports = new Reports(clock, slot, entries, {
    slowRequest,
    onSlow: (entry, ms) => slow.push(`${entry.path} ${ms}`),
    send: (counters) => sent.push(counters),
  });
  const arrive = (path: string) => {
    const entry = new InFlightRequest(new Request(`http://localhost${path}`), clock.monotonic());
    entries.add(entry);
    return entry;
  };
  return { clock, entries, slot, reports, slow, sent, arrive };
}

Deno.test("a slow request is reported once, while it runs, and a quick one never", async () => {
  const { clock, entries, reports, slow, arrive } = fakeWorker(100);
  arrive("/slow");
  await clock.advance(99);
  reports.report();
  assertEquals(slow, []);
  const quick = arrive("/quick");
  await clock.advance(25);
  reports.report();
  reports.report();
  entries.remove(quick);
  await clock.advance(400);
  reports.report();
  assertEquals(slow, ["/slow 124"]);
});

Deno.test("each slow request is reported, the oldest first; with 0 none is", async () => {
  for (const [limit, expected] of [[100, ["/one 150", "/two 100"]], [0, []]] as const) {
    const { clock, reports, slow, arrive } = fakeWorker(limit);
    arrive("/one?secret=1");
    await clock.advance(50);
    arrive("/two");
    await clock.advance(100);
    arrive("/three");
    reports.report();
    assertEquals(slow, [...expected]);
  }
});

Deno.test("the slot names the oldest request in flight", async () => {
  const { clock, entries, slot, reports, arrive } = fakeWorker(0);
  const longest = () => slot.read().longest?.path ?? null;
  await clock.advance(10);
  const [first, second] = [arrive("/first"), arrive("/second")];
  reports.report();
  assertEquals(longest(), "/first");
  entries.remove(first);
  reports.report();
  assertEquals(longest(), "/second");
  entries.remove(second);
  reports.report();
  assertEquals(longest(), null);
});

Deno.test("counters that the master cannot read are sent, at most four times a second", async () => {
  const { clock, slot, reports, sent } = fakeWorker(0, "no memory");
  slot.writer.requests = 7;
  for (let heartbeat = 0; heartbeat < 40; heartbeat++) {
    reports.report();
    await clock.advance(25);
  }
  assertEquals([sent.length, decodeBytes(sent[0]!)], [4, slot.bytes]);
  const shared = fakeWorker(0);
  shared.reports.report();
  assertEquals(shared.sent, []);
});
