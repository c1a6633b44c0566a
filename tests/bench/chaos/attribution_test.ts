import { attribute, cut, gone, type Incident, refused } from "../../../bench/chaos/attribution.ts";
import type { FailureSample } from "../../../bench/loss/client/failure.ts";
import { assertEquals } from "../../assert.ts";

const kill: Incident = {
  what: "worker 7 killed",
  from: 1_000,
  until: 1_150,
  ports: new Set([40_001]),
  kinds: cut,
};
const failure: FailureSample = { at: 1_010, began: 900, kind: "eof", detail: "", port: 40_001 };

function isExplained(incident: Incident, more: Partial<FailureSample>): boolean {
  return attribute([{ ...failure, ...more }], [incident]).unexplained.length === 0;
}

Deno.test("a connection of a killed worker explains its failure, also a late one", () => {
  assertEquals(isExplained(kill, {}), true);
  assertEquals(isExplained(kill, { at: 5_000 }), true);
});

Deno.test("a connection of another worker has no excuse", () => {
  assertEquals(isExplained(kill, { port: 40_002 }), false);
  assertEquals(isExplained(kill, { port: undefined }), false);
});

Deno.test("a connection opened in the moment of the kill may have reached the killed worker", () => {
  assertEquals(isExplained(kill, { port: 40_002, began: 1_020, at: 1_030 }), true);
  assertEquals(isExplained(kill, { port: 40_002, began: 1_200, at: 1_210 }), false);
});

Deno.test("a request that began long before may have connected in the moment of the kill", () => {
  assertEquals(isExplained(kill, { port: 40_002, began: 20, connected: 1_030, at: 5_000 }), true);
  assertEquals(isExplained(kill, { port: 40_002, began: 20, connected: 500, at: 5_000 }), false);
});

Deno.test("a port that is used again after the kill has no excuse", () => {
  assertEquals(isExplained(kill, { began: 1_500, at: 1_510 }), false);
});

Deno.test("connections that still reach a stopped worker are listed for longer", () => {
  const stop: Incident = { ...kill, what: "worker 7 stopped", portsUntil: 2_000 };
  assertEquals(isExplained(stop, { began: 1_500, at: 5_000 }), true);
  assertEquals(isExplained(stop, { began: 1_500, at: 5_000, port: 40_002 }), false);
  assertEquals(isExplained(stop, { began: 2_100, at: 5_000 }), false);
});

Deno.test("a failure before the kill has another reason", () => {
  assertEquals(isExplained(kill, { at: 990 }), false);
});

Deno.test("the death of one worker refuses no connection and makes no request wait for its time-out", () => {
  assertEquals(isExplained(kill, { kind: "refused", port: undefined, began: 1_020, at: 1_021 }), false);
  assertEquals(isExplained(kill, { kind: "time-out", at: 11_000 }), false);
});

Deno.test("the death of the master explains what began after it, but not requests that were in flight", () => {
  const death: Incident = { ...kill, what: "master 6 killed", until: 2_000, ports: undefined, kinds: gone };
  assertEquals(isExplained(death, { kind: "refused", port: undefined, began: 1_500, at: 1_501 }), true);
  assertEquals(isExplained(death, { began: 700, at: 1_100 }), false);
});

Deno.test("a server without workers refuses, and resets nothing", () => {
  const winch: Incident = { ...kill, what: "WINCH", until: 2_000, ports: undefined, kinds: refused };
  assertEquals(isExplained(winch, { kind: "refused", port: undefined, began: 1_500, at: 1_501 }), true);
  assertEquals(isExplained(winch, { kind: "reset-after", began: 1_500, at: 1_501 }), false);
});

Deno.test("a failure counts for the latest incident that explains it", () => {
  const later = { ...kill, from: 1_005, until: 1_155 };
  assertEquals(attribute([failure], [kill, later]).counts, [0, 1]);
});
