import { DenicornError } from "../../../src/core/errors.ts";
import type { LifecycleLog } from "../../../src/master/telemetry/lifecycle_log.ts";
import { assertEquals } from "../../assert.ts";
import { FakeWorkers } from "../../fakes/fake_workers.ts";

Deno.test("in a crash loop one death a second is reported, with the number of those that were not", () => {
  const workers = new FakeWorkers();
  const { lifecycle, now } = workers;
  const dying = (slot: number, after: number, isCrashLoop: boolean) =>
    lifecycle.died(workers.booting(slot), "was killed by SIGKILL", 0, now + after, isCrashLoop);
  dying(0, 0, true);
  dying(1, 400, true);
  dying(2, 999, true);
  dying(3, 1_000, true);
  dying(4, 1_500, true);
  dying(5, 1_600, false);
  dying(6, 2_000, true);
  dying(7, 9_000, true);
  const line = (slot: number, more: string) =>
    `error   worker=${slot} gen=1 pid=${100 + slot}  was killed by SIGKILL${more}; replacing it now`;
  assertEquals(workers.lines, [
    line(0, ""),
    line(3, " (and 2 more like it)"),
    line(5, ""),
    line(6, " (and 1 more like it)"),
    line(7, ""),
  ]);
  const deaths = workers.eventLog.since(0).filter(({ kind }) => kind === "worker-died");
  assertEquals(deaths.length, 8, "the event log has every death");
});

Deno.test("each worker that becomes ready says how many are, unless it is the only one or there are too many", () => {
  const workers = new FakeWorkers();
  const { lifecycle, now } = workers;
  const ready = (slot: number, ready: number, count: number) =>
    lifecycle.ready(workers.booting(slot), now + 90, false, { ready, workers: count });
  ready(0, 1, 2);
  ready(1, 2, 2);
  ready(2, 1, 1);
  ready(3, 3, 2);
  assertEquals(workers.lines.map((line) => line.replace(/^.*pid=\d+ {2}/, "")), [
    "ready after 90 ms: 1 of 2 workers ready",
    "ready after 90 ms: 2 of 2 workers ready",
    "ready after 90 ms",
    "ready after 90 ms",
  ]);
});

Deno.test("on a terminal workers of a start and of a reload are counted in place, later ones in the log", () => {
  const workers = new FakeWorkers({ terminal: true });
  const { lifecycle, now, system } = workers;
  const shown = () => {
    const text = system.written.stderr.replace(/\x1b(?:\[\d*[A-Za-z]|[78])/g, "").replace(/^\S+Z /gm, "");
    system.written.stderr = "";
    return text;
  };
  const ready = (slot: number) =>
    lifecycle.ready(workers.booting(slot), now + 90, false, { ready: slot + 1, workers: 2 });
  lifecycle.building();
  assertEquals(shown(), "building the app");
  ready(0);
  assertEquals(shown(), "1 of 2 workers ready");
  lifecycle.complete({ target: 2, spares: 0 }, 1, ["http://a"]);
  assertEquals(shown(), "info    master pid=41  2 workers of generation 1 ready on http://a\n");
  ready(1);
  assertEquals(shown(), "info    worker=1 gen=1 pid=101  ready after 90 ms: 2 of 2 workers ready\n");
  lifecycle.reloadBegan();
  shown();
  ready(0);
  assertEquals(shown(), "1 of 2 workers ready");
});

Deno.test("a start or a reload that fails, and a stop, leave no progress on the terminal", () => {
  const error = new DenicornError("app-startup", "no");
  const ends = [
    (lifecycle: LifecycleLog) => lifecycle.endWait(),
    (lifecycle: LifecycleLog) => lifecycle.reloadFailed(error, 1),
    (lifecycle: LifecycleLog) => lifecycle.stopping("stopping now"),
  ];
  for (const end of ends) {
    const { lifecycle, system } = new FakeWorkers({ terminal: true });
    lifecycle.building();
    const { length } = system.written.stderr;
    end(lifecycle);
    const after = system.written.stderr.slice(length);
    assertEquals([after.startsWith("\x1b[K"), after.includes("building")], [true, false]);
  }
});
