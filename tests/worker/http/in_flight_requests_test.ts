import { InFlightRequest, InFlightRequests } from "../../../src/worker/http/in_flight_requests.ts";
import { assertEquals } from "../../assert.ts";

const entry = (path: string) => new InFlightRequest(new Request(`http://localhost${path}`), 0);

Deno.test("a request that is removed keeps no other one in memory, and is removed once", () => {
  const requests = new InFlightRequests();
  const [first, second, third] = [entry("/1"), entry("/2"), entry("/3")];
  [first, second, third].forEach((entry) => requests.add(entry));
  requests.remove(second);
  requests.remove(second);
  assertEquals([second.before, second.after], [null, null]);
  assertEquals(Array.from(requests), [first, third]);
  requests.remove(entry("/never"));
  assertEquals([requests.oldest, Array.from(requests).length], [first, 2]);
});

Deno.test("all requests are visited although each is removed when it is", () => {
  const requests = new InFlightRequests();
  const entries = [entry("/1"), entry("/2"), entry("/3")];
  entries.forEach((entry) => requests.add(entry));
  const seen: string[] = [];
  for (const entry of requests) {
    seen.push(entry.path);
    requests.remove(entry);
  }
  assertEquals(seen, ["/1", "/2", "/3"]);
  assertEquals(requests.oldest, null);
});
