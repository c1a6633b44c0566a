import { isHopeless, type PlannedTask, plannedTask } from "../../../bench/tasks/chaos/chaos_plan.ts";
import { judge, runsIn, stallsIn } from "../../../bench/tasks/chaos/ledger.ts";
import { assertEquals, assertMatch } from "../../assert.ts";

const task: PlannedTask = { number: 1, wait: 0, failures: 0, retries: 3, key: undefined };

function problems(
  lines: readonly string[],
  { planned = task, killed = [], away = null, dead = [] }: {
    planned?: PlannedTask;
    killed?: readonly [number, number][];
    away?: { from: number; lease: number; slots: number } | null;
    dead?: readonly number[];
  } = {},
): readonly string[] {
  return judge({
    planned: [planned],
    acknowledged: new Set([1]),
    runs: runsIn(lines.join("\n")),
    killed: new Map(killed),
    away,
    stalls: stallsIn(lines.join("\n"), 1000),
    dead,
  }).problems;
}

const [begin, done] = ["begin 10 1 1 5000", "done 10 1 1 5001"];
const again = ["begin 11 1 1 9000", "done 11 1 1 9001"];

Deno.test("a task that ran once is as it should be", () => {
  assertEquals(problems([begin, done]), []);
});

Deno.test("a task that was acknowledged and has not ended is lost", () => {
  assertMatch(problems([])[0]!, /has not ended/);
  assertMatch(problems([begin])[0]!, /has not ended/);
});

Deno.test("a second run needs a first one whose process was killed meanwhile, or before its end was stored", () => {
  assertEquals(problems([begin, ...again], { killed: [[10, 6000]] }), []);
  assertEquals(problems([begin, done, ...again], { killed: [[10, 5500]] }), []);
  assertMatch(problems([begin, done, ...again], { killed: [[10, 60_000]] })[0]!, /ran 2 times/);
  assertMatch(problems([begin, done, ...again])[0]!, /ran 2 times/);
  assertMatch(problems([begin, done, ...again, ...again], { killed: [[10, 5500]] })[0]!, /ran 3 times/);
});

Deno.test("what could not be stored since the store was killed is lost with its process", () => {
  const lines = [begin, done, ...again];
  const away = { from: 5050, lease: 2000, slots: 1 };
  assertEquals(problems(lines, { killed: [[10, 6900]], away }), []);
  // The store was back long before, or was not away yet.
  assertMatch(problems(lines, { killed: [[10, 7500]], away })[0]!, /ran 2 times/);
  assertMatch(problems(lines, { killed: [[10, 6900]], away: { ...away, from: 6950 } })[0]!, /ran 2 times/);
});

Deno.test("a process that did not run for half a lease may have lost it", () => {
  const second = ["begin 10 1 1 9000", "done 10 1 1 9001"];
  assertEquals(problems(["late 10 1200 0 4900", begin, done, ...second]), []);
  assertEquals(problems([begin, done, "late 10 1200 0 6300", ...second]), []);
  // Too short, too early, or another process.
  for (const line of ["late 10 900 0 4900", "late 10 1200 0 4700", "late 11 1200 0 4900"]) {
    assertMatch(problems([line, begin, done, ...second])[0]!, /ran 2 times/);
  }
});

Deno.test("the end of a run may come too late for a store that was away for longer than the lease", () => {
  const lines = [begin, done, ...again];
  assertEquals(problems(lines, { away: { from: 5050, lease: 2000, slots: 1 } }), []);
  assertEquals(problems(lines, { away: { from: 4950, lease: 2000, slots: 1 } }), []);
  // It was stored long before, or was run again too early.
  assertMatch(problems(lines, { away: { from: 6500, lease: 2000, slots: 1 } })[0]!, /ran 2 times/);
  assertMatch(problems(lines, { away: { from: 5050, lease: 9000, slots: 1 } })[0]!, /ran 2 times/);
  assertMatch(
    problems([...lines, ...again], { away: { from: 5050, lease: 2000, slots: 1 } })[0]!,
    /ran 3 times/,
  );
  assertMatch(problems(lines, { away: { from: 5050, lease: 2000, slots: 0 } })[0]!, /only 0 run at a time/);
});

Deno.test("a task that fails as often as planned needs that many attempts and no more", () => {
  const planned = { ...task, failures: 1 };
  const failed = [begin, "failed 10 1 1 5001"];
  const second = ["begin 10 1 2 6000", "done 10 1 2 6001"];
  assertEquals(problems([...failed, ...second], { planned }), []);
  assertMatch(problems(failed, { planned })[0]!, /has not ended/);
  const third = ["begin 10 1 3 7000", "done 10 1 3 7001"];
  assertMatch(problems([...failed, ...second, ...third], { planned })[0]!, /attempt 3 was not to be/);
});

Deno.test("the tasks that always fail are dead, and no others", () => {
  const planned = { ...task, failures: 9, retries: 0 };
  const failed = [begin, "failed 10 1 1 5001"];
  assertEquals(problems(failed, { planned, dead: [1] }), []);
  assertMatch(problems(failed, { planned })[0]!, /is not dead/);
  assertMatch(problems([begin, done], { dead: [1] })[0]!, /is dead/);
});

Deno.test("of 10,000 planned tasks 200 are hopeless", () => {
  const planned = Array.from({ length: 10_000 }, (_, number) => plannedTask(number, () => 0.5));
  assertEquals(planned.filter(isHopeless).length, 200);
});
