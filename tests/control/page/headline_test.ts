import { bannerOf, headlineOf } from "../../../src/control/page/headline.ts";
import { type Sample, sampleOf } from "../../../src/control/page/samples.ts";
import type { Status } from "../../../src/core/telemetry/status.ts";
import type { TransitionStatus } from "../../../src/core/telemetry/transition_status.ts";
import { assert, assertEquals } from "../../assert.ts";
import { after, calmStatus, readyWorker } from "../../fakes/status.ts";

const failed: TransitionStatus = {
  what: "reload",
  outcome: "failed",
  at: 5,
  text: "reload failed: app.ts:10:7",
  detail: "10 | const a b",
};

function stateOf(status: Partial<Status>) {
  const [{ value, mood, note }] = headlineOf({ ...calmStatus, ...status }, []) as [
    ReturnType<typeof headlineOf>[0],
  ];
  return `${mood}: ${value}: ${note}`;
}

Deno.test("the state is one word in a colour, with what is behind it", () => {
  const blocked = { ...readyWorker, isStalled: true, heartbeatAge: 900 };
  assertEquals(stateOf({}), "good: serving: 2 of 2 workers ready");
  assertEquals(stateOf({ target: 3 }), "warn: degraded: 2 of 3 workers ready");
  assertEquals(stateOf({ phase: "reloading" }), "warn: reloading: 2 of 2 workers ready");
  assertEquals(stateOf({ workers: [readyWorker, blocked] }), "bad: blocked: 2 of 2 workers ready, 1 blocked");
  assertEquals(stateOf({ workers: [] }), "bad: not ready: 0 workers are ready, 1 of 2 are needed");
  assertEquals(stateOf({ phase: "stopping" }), "warn: stopping: 2 of 2 workers ready");
});

Deno.test("errors are a share of the last minute, and one among many is not none", () => {
  const base = sampleOf(null, calmStatus);
  const shown = (serverErrors: number, cutOff = 0, deaths = 0) => {
    const samples: Sample[] = [base, {
      ...base,
      at: base.at + 1_000,
      rate: 10_000,
      serverErrors,
      cutOff,
      deaths,
    }];
    const restarts = { ...calmStatus.totals.restarts, hang: 4 + deaths };
    const now = { ...calmStatus, totals: { ...calmStatus.totals, restarts } };
    const { value, mood, note } = headlineOf(now, samples)[1]!;
    return [mood, value, note];
  };
  assertEquals(shown(0), ["good", "0 %", "workers died: 0 in 15 min, 4 in all"]);
  assertEquals(shown(1).slice(0, 2), ["warn", "< 0.1 %"]);
  assertEquals(shown(100, 150).slice(0, 2), ["bad", "2.5 %"]);
  assertEquals(shown(0, 0, 3), ["warn", "0 %", "workers died: 3 in 15 min, 7 in all"]);
  assertEquals(headlineOf(calmStatus, [])[1]!.value, "–");
});

Deno.test("requests and latency are those of the last sample", () => {
  const now = { ...after(calmStatus, 10, 10, 10), at: calmStatus.at + 1_000 };
  const [, , requests, latency] = headlineOf(now, [sampleOf(calmStatus, now)]);
  assertEquals([requests!.value, requests!.note], ["3", "0 in flight, 0 wait"]);
  assert(/^\d+ ms$|^\d\.\d ms$/.test(latency!.value), latency!.value);
});

Deno.test("a banner says what runs, what has failed and that the server is gone, the last above all", () => {
  assertEquals(bannerOf(calmStatus, null), null);
  assertEquals(bannerOf(null, null), null);
  const broken: Status = { ...calmStatus, transition: failed };
  const { text, mood, detail, canDismiss, key } = bannerOf(broken, null)!;
  assertEquals([text, mood, detail, canDismiss], [failed.text, "bad", failed.detail, true]);
  const again = bannerOf({ ...broken, transition: { ...failed, at: 6 } }, null)!;
  assert(again.key !== key, "another failure is not acknowledged");
  const running = bannerOf({ ...calmStatus, transition: { ...failed, outcome: "running" } }, null)!;
  assertEquals([running.mood, running.canDismiss], ["warn", false]);
  assertEquals(bannerOf(broken, "12:03:11")!.text, "server gone since 12:03:11: what is shown is from then");
});
