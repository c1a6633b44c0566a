import type { AccessRecord } from "../../src/log/access_line.ts";
import type { AccessLog } from "../../src/log/access_log.ts";
import { accessObserver } from "../../src/worker/access_observer.ts";
import { InFlightRequest } from "../../src/worker/http/in_flight_requests.ts";
import { assertEquals } from "../assert.ts";
import { FakeClock } from "../fakes/fake_clock.ts";

/** Ends requests; returns the targets that have a line. */
function logged(
  requests: readonly (readonly [url: string, status: number, isBroken?: boolean])[],
  { sample = 100, skip = [] as string[], random = 0.5 },
): string[] {
  const lines: string[] = [];
  const log = {
    needs: { requestHeaders: [], responseHeaders: [], protocol: false, size: false, requestId: false },
    add: ({ target, status }: AccessRecord) => lines.push(`${target} ${status}`),
  } as unknown as AccessLog;
  const config = { compress: undefined, accessLogSample: sample, accessLogSkip: skip };
  const observer = accessObserver(log, { clock: new FakeClock(), host: { random: () => random } }, config);
  for (const [url, status, isBroken = false] of requests) {
    const entry = new InFlightRequest({ method: "GET", url }, 0);
    Object.assign(entry, { status, isBroken });
    entry.details = {
      ...{ address: "192.0.2.7", protocol: null, requestHeaders: [], responseHeaders: [] },
      ...{ size: null, requestId: null, mayBeCompressed: false },
    };
    observer.ended(entry, 1);
  }
  return lines;
}

Deno.test("a sample has as large a share of the requests as it says", () => {
  const all = [["/a", 200], ["/b", 404]] as const;
  assertEquals(logged(all, { sample: 1, random: 0.0099 }), ["/a 200", "/b 404"]);
  assertEquals(logged(all, { sample: 1, random: 0.01 }), []);
  assertEquals(logged(all, { sample: 100, random: 0.999 }), ["/a 200", "/b 404"]);
  assertEquals(logged(all, { sample: 0, random: 0 }), []);
});

Deno.test("what went wrong has a line whatever the sample is", () => {
  const wrong = [["/a", 500], ["/b", 499], ["/c", 200, true], ["/d", 200]] as const;
  assertEquals(logged(wrong, { sample: 0 }), ["/a 500", "/b 499", "/c 200"]);
});

Deno.test("what is skipped has no line, with any query and whatever became of it", () => {
  const requests = [
    ["/healthz", 200],
    ["/healthz?deep=1", 503],
    ["/healthz-2", 200],
    ["/internal/x", 200],
    ["/internal", 200],
    ["http://a/healthz", 200],
  ] as const;
  assertEquals(logged(requests, { skip: ["/healthz", "/internal/*"] }), ["/healthz-2 200", "/internal 200"]);
});

Deno.test("a path that leads out of what is skipped has a line: the app serves another one", () => {
  const leading = ["/internal/../admin", "/internal/%2e%2E/admin", "/internal/a/..", "/internal/..\\x"];
  const within = ["/internal/a..b", "/internal/.well-known", "/internal/...", "/internal/x?to=/../admin"];
  const requests = [...leading, ...within].map((url) => [url, 200] as const);
  assertEquals(logged(requests, { skip: ["/internal/*"] }), leading.map((target) => `${target} 200`));
});
