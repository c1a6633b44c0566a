import { BodyFailures } from "../../../src/worker/http/body_failures.ts";
import { InFlightRequest } from "../../../src/worker/http/in_flight_requests.ts";
import { namedRequestId, useRequestIds } from "../../../src/worker/http/request_id.ts";
import { assertEquals } from "../../assert.ts";
import { FakeClock } from "../../fakes/fake_clock.ts";

function sending(path: string): InFlightRequest {
  const request = new Request(`http://x${path}`);
  useRequestIds({ header: "x-request-id", isTrusted: () => true, newId: () => path.slice(1) });
  namedRequestId(request);
  const entry = new InFlightRequest(request, 0);
  entry.status = 200;
  return entry;
}

function fake() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const failures = new BodyFailures({
    fault: ({ path }, { thrown, requestId }) => lines.push(`${path} ${requestId} ${thrown?.value}`),
    bodyFault: (error, sending) => lines.push(`one of ${sending.map(({ path }) => path)} ${error}`),
  }, clock);
  return { clock, lines, failures };
}

Deno.test("an error that the runtime reports belongs to the request that ends with it", async () => {
  const { clock, lines, failures } = fake();
  const [a, b, c] = [sending("/a"), sending("/b"), sending("/c")];
  c.status = 0;
  assertEquals(failures.areReported, false);
  failures.reported("no", [a, b, c]);
  assertEquals(failures.areReported, true);
  failures.ended(b, "no");
  failures.reported("no", [a, c]);
  failures.ended(a, "no");
  await clock.advance(1_000);
  assertEquals(lines, ["/b b no", "/a a no"]);
});

Deno.test("without an end the line names all whose response was being sent", async () => {
  const { clock, lines, failures } = fake();
  const waiting = sending("/w");
  waiting.status = 0;
  failures.reported("no", [sending("/a"), waiting, sending("/b")]);
  await clock.advance(1_000);
  assertEquals(lines, ["one of /a,/b no"]);
});

Deno.test("what the runtime does not report is logged, unless the client has left", () => {
  const { lines, failures } = fake();
  const left = new DOMException("left", "AbortError");
  failures.ended(sending("/a"), "no");
  failures.ended(sending("/b"), left);
  const entry = sending("/c");
  failures.reported(left, [entry]);
  failures.ended(entry, left);
  assertEquals(lines, ["/a undefined no", "/c c AbortError: left"]);
});
