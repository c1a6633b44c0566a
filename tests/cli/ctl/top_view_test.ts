import { afterKey, firstShown, firstView, sorted, type TopView } from "../../../src/cli/ctl/top_view.ts";
import { assertEquals } from "../../assert.ts";
import { statusOf, workerStatus } from "../statuses.ts";

const space = { count: 40, rows: 18 };

function press(view: TopView, ...keys: readonly string[]): TopView {
  return keys.reduce((view, key) => afterKey(view, key, space)!, view);
}

Deno.test("q and Ctrl-C quit; while a filter is typed q is a letter", () => {
  assertEquals([afterKey(firstView, "q", space), afterKey(firstView, "\x03", space)], [null, null]);
  const typing = press(firstView, "/", "q");
  assertEquals([typing.filter, afterKey(typing, "\x03", space)], ["q", null]);
});

Deno.test("keys scroll by a line, by a page, and to the ends, but not beyond them", () => {
  const first = (...keys: string[]) => press(firstView, ...keys).first;
  assertEquals([first("\x1b[B"), first("j", "j"), first("j", "\x1b[A")], [1, 2, 0]);
  assertEquals([first("\x1b[6~"), first(" ", " "), first("\x1b[6~", "\x1b[5~")], [18, 22, 0]);
  assertEquals([first("G"), first("G", "j"), first("G", "g"), first("k")], [22, 22, 0, 0]);
  assertEquals(firstShown({ ...firstView, first: 22 }, 10, 18), 0, "fewer workers than before");
});

Deno.test("s goes through the orders, r reverses them, and both begin at the top", () => {
  const scrolled = press(firstView, "G");
  assertEquals(press(scrolled, "s"), { ...firstView, sort: "state" });
  assertEquals(press(scrolled, "r"), { ...firstView, isReversed: true });
  assertEquals(press(firstView, ...Array.from({ length: 11 }, () => "s")).sort, "worker");
});

Deno.test("a filter is typed, corrected, kept and removed", () => {
  const typed = press(firstView, "/", "d", "x", "\x7f", "r", "\x1b[A");
  assertEquals([typed.filter, typed.isTyping], ["dr", true]);
  const kept = press(typed, "\r");
  assertEquals([kept.filter, kept.isTyping], ["dr", false]);
  assertEquals(press(kept, "\x1b").filter, "");
  assertEquals(press(typed, "\x1b"), firstView);
});

Deno.test("other keys change nothing", () => {
  assertEquals(afterKey(firstView, "x", space), firstView);
});

Deno.test("each order has what needs attention first", () => {
  const responses = { ...workerStatus().responses, "5xx": 3 };
  const workers = [
    workerStatus({ slot: 0, requests: 10, inFlight: 2 }),
    workerStatus({ slot: 1, pid: 101, requests: 50, responses, state: "draining" }),
    workerStatus({ slot: 2, pid: 102, isStalled: true, p99: 5 }),
  ];
  const before = statusOf(workers.map((worker) => ({ ...worker, requests: 0 })));
  const now = statusOf(workers, { at: before.at + 1_000 });
  const order = (view: Partial<TopView>) =>
    sorted(workers, before, now, { ...firstView, ...view }).map(({ slot }) => slot).join("");
  assertEquals(order({}), "012");
  assertEquals(order({ isReversed: true }), "210");
  assertEquals(order({ sort: "state" }), "210");
  assertEquals(order({ sort: "req/s" }), "102");
  assertEquals(order({ sort: "errors" }), "102");
  assertEquals(order({ sort: "p99" }), "201");
  assertEquals(order({ sort: "in flight" }), "012");
});
