import { type FailureKind, Failures, kindOf } from "../../../bench/loss/client/failure.ts";
import { assertEquals } from "../../assert.ts";

const { ConnectionRefused, ConnectionReset, BrokenPipe, AddrNotAvailable } = Deno.errors;
const reset = new ConnectionReset();
const fresh = { sent: false, begun: false, reused: false };

const cases: readonly [string, FailureKind, unknown, Partial<typeof fresh>][] = [
  ["a port that nothing listens on", "refused", new ConnectionRefused(), {}],
  ["a reset while connecting", "reset-before", reset, {}],
  ["a write to a closed connection", "reset-before", new BrokenPipe(), {}],
  ["a reset while a reused connection was idle", "reset-before", reset, { reused: true }],
  ["a reset instead of a response", "reset-after", reset, { sent: true }],
  ["a reset within a response", "reset-after", reset, { sent: true, begun: true, reused: true }],
  ["an end instead of a response", "eof", null, { sent: true }],
  ["an end within a response", "eof", null, { sent: true, begun: true, reused: true }],
  ["an end on a reused connection instead of a response", "stale", null, { sent: true, reused: true }],
  ["a reset on a reused connection instead of a response", "stale", reset, { sent: true, reused: true }],
  ["no local port left", "other", new AddrNotAvailable(), {}],
  ["an unknown error", "other", new Error("?"), { sent: true, reused: true }],
];

for (const [name, kind, error, stage] of cases) {
  Deno.test(`${name} counts as ${kind}`, () => assertEquals(kindOf(error, { ...fresh, ...stage }), kind));
}

Deno.test("failures are counted by kind, and the first hundred thousand are kept", () => {
  const failures = new Failures();
  for (let at = 0; at < 150_000; at++) {
    failures.add({ at, began: at, kind: at % 3 === 0 ? "eof" : "refused", detail: "" });
  }
  assertEquals(failures.counts, { eof: 50_000, refused: 100_000 });
  assertEquals([failures.total, failures.samples.length], [150_000, 100_000]);
});
