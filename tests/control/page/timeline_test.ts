import { nearSpan, Timeline, timelineSpan } from "../../../src/control/page/timeline.ts";
import type { Status } from "../../../src/core/telemetry/status.ts";
import { assert, assertEquals } from "../../assert.ts";
import { calmStatus } from "../../fakes/status.ts";

/** A server that has had `requests` requests, so many seconds after the start of the test. */
function statusAt(second: number, requests = second * 7): Status {
  return {
    ...{ ...calmStatus, at: calmStatus.at + second * 1_000 },
    totals: { ...calmStatus.totals, requests },
  };
}

function filled(from: number, to: number): Timeline {
  const timeline = new Timeline();
  for (let second = from; second < to; second++) timeline.add(statusAt(second));
  return timeline;
}

Deno.test("a quarter of an hour is kept, by the second at its end, and no more however long it runs", () => {
  const near = nearSpan / 1_000;
  const most = near + (timelineSpan - nearSpan) / 10_000;
  for (const seconds of [2_000, 5_003]) {
    const { samples } = filled(0, seconds);
    // Between the two there is up to one step more by the second.
    assert(samples.length >= most - 2 && samples.length <= most + 12, `${samples.length} of ${most}`);
    assert(samples.every(({ rate }) => rate === 7), "also over ten seconds");
    const steps = samples.slice(1).map(({ at }, place) => at - samples[place]!.at);
    assertEquals(steps.slice(-near + 1), Array(near - 1).fill(1_000));
    assert(steps.slice(0, 70).every((step) => step === 10_000));
  }
});

Deno.test("what a server remembers is put before what is seen, without a gap or a second time", () => {
  const page = filled(1_000, 1_010);
  page.recall(filled(0, 1_005).history);
  const { samples } = page;
  assertEquals(samples.at(-1)!.at, statusAt(1_009).at);
  assert(samples.length > 240);
  assertEquals(new Set(samples.map(({ at }) => at)).size, samples.length);
  assertEquals(samples, samples.toSorted((a, b) => a.at - b.at));
});

Deno.test("what a server remembers has no gap either when its seconds are long ago", () => {
  const page = new Timeline();
  page.add(statusAt(1_000));
  page.recall(filled(0, 1_000).history);
  for (let second = 1_001; second < 1_500; second++) page.add(statusAt(second));
  const { samples } = page;
  const longest = Math.max(...samples.slice(1).map(({ at }, place) => at - samples[place]!.at));
  assert(longest <= 11_000, `a gap of ${longest} ms`);
});

Deno.test("a server that has just started does not take away what the page has seen", () => {
  const page = filled(0, 300);
  const before = page.samples.length;
  page.recall({ near: [], far: [] });
  page.recall(filled(310, 312).history);
  assertEquals(page.samples.length, before + 2);
});

Deno.test("nothing is in the future after the clock was set back", () => {
  const timeline = filled(0, 400);
  timeline.add(statusAt(100));
  assertEquals(timeline.samples.map(({ at }) => at), [statusAt(100).at]);
});

Deno.test("deaths are counted once, whichever samples they are in", () => {
  const timeline = new Timeline();
  for (let second = 0; second < 800; second++) {
    const { totals, ...status } = statusAt(second);
    const restarts = { ...totals.restarts, crash: 5 + Math.floor(second / 3) };
    timeline.add({ ...status, totals: { ...totals, restarts } });
    const seen = timeline.samples.reduce((sum, { deaths }) => sum + deaths, 0);
    assertEquals(seen, restarts.crash - 5, `after ${second} s`);
  }
});

Deno.test("what a master that has taken over remembers does not replace what the page has seen of the old one", () => {
  const page = filled(0, 60);
  const successor = new Timeline();
  for (let second = 50; second < 65; second++) successor.add({ ...statusAt(second, 0), pid: 42 });
  // The page connects to the successor a few seconds later: one sample without figures.
  page.add({ ...statusAt(64, 0), pid: 42 });
  page.recall(successor.history);
  const { near } = page.history;
  assertEquals(near.slice(1).map(({ at }, place) => at - near[place]!.at), Array(64).fill(1_000));
  assert(near.slice(1, 60).every(({ rate }) => rate === 7), "seen of the old master");
  assertEquals(near.slice(60).map(({ rate }) => rate), [0, 0, 0, 0, 0]);
});

Deno.test("a gap is filled, and its deaths are not counted a second time", () => {
  const dead = (second: number): Status => {
    const { totals, ...status } = statusAt(second);
    return { ...status, totals: { ...totals, restarts: { ...totals.restarts, crash: second } } };
  };
  const [page, server] = [new Timeline(), new Timeline()];
  for (let second = 0; second < 60; second++) {
    server.add(dead(second));
    if (second < 20 || second > 40) page.add(dead(second));
  }
  page.recall(server.history);
  const { near } = page.history;
  assertEquals(near.map(({ at }) => at), server.history.near.map(({ at }) => at));
  assertEquals(near.reduce((sum, { deaths }) => sum + deaths, 0), 59);
});
