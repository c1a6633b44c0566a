import { decodeSlot } from "../../src/protocol/slot_bytes.ts";
import { InFlightRequest, InFlightRequests } from "../../src/worker/in_flight_requests.ts";
import { Reports } from "../../src/worker/reports.ts";
import {
  initialise,
  readSlot,
  scoreboardSize,
  slotBytes,
  SlotWriter,
} from "../../src/core/telemetry/scoreboard.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";

/** The reports of a worker with its figures in `buffer`. */
function scene(slowRequest: number, notSharedReason: string | null = null) {
  const clock = new FakeClock();
  const inFlightRequests = new InFlightRequests();
  const buffer = new ArrayBuffer(scoreboardSize(1));
  initialise(buffer, 1);
  const slot = { writer: new SlotWriter(buffer, 0), notSharedReason, bytes: slotBytes(buffer, 0) };
  const slow: string[] = [];
  const sent: string[] = [];
  const reports = new Reports(clock, slot, inFlightRequests, {
    slowRequest,
    onSlow: (inFlightRequest, ms) => slow.push(`${inFlightRequest.path} ${ms}`),
    send: (counters) => sent.push(counters),
  });
  const arrive = (path: string) => {
    const inFlightRequest = new InFlightRequest(new Request(`http://localhost${path}`), clock.monotonic());
    inFlightRequests.add(inFlightRequest);
    return inFlightRequest;
  };
  return { clock, inFlightRequests, buffer, slot, reports, slow, sent, arrive };
}

Deno.test("a slow request is told once, while it runs, and a quick one never", async () => {
  const { clock, inFlightRequests, reports, slow, arrive } = scene(100);
  arrive("/slow");
  await clock.advance(99);
  reports.report();
  assertEquals(slow, []);
  const quick = arrive("/quick");
  await clock.advance(25);
  reports.report();
  reports.report();
  inFlightRequests.remove(quick);
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
  const { clock, inFlightRequests, buffer, reports, arrive } = scene(0);
  const longest = () => readSlot(buffer, 0).longest?.path ?? null;
  await clock.advance(10);
  const [first, second] = [arrive("/first"), arrive("/second")];
  reports.report();
  assertEquals(longest(), "/first");
  inFlightRequests.remove(first);
  reports.report();
  assertEquals(longest(), "/second");
  inFlightRequests.remove(second);
  reports.report();
  assertEquals(longest(), null);
});

Deno.test("figures the master cannot read are sent, a few times a second at most", async () => {
  const { clock, slot, reports, sent } = scene(0, "no memory");
  slot.writer.requests = 7;
  for (let heartbeat = 0; heartbeat < 40; heartbeat++) {
    reports.report();
    await clock.advance(25);
  }
  assertEquals([sent.length, decodeSlot(sent[0]!)], [4, slot.bytes]);
  const shared = scene(0);
  shared.reports.report();
  assertEquals(shared.sent, []);
});
