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
