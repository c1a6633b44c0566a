import { eventText, statusText } from "../../../src/cli/ctl/tables.ts";
import { topScreen } from "../../../src/cli/ctl/top_screen.ts";
import { firstView } from "../../../src/cli/ctl/top_view.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import { latencies, statusOf, workerStatus } from "../statuses.ts";

const wide = { columns: 200, rows: 50 };
const topLines = (...screen: Parameters<typeof topScreen>) => topScreen(...screen).lines;
/** Lines before the first worker. */
const headLines = 5;

Deno.test("rates are those between two statuses, per process and in total", () => {
  const before = statusOf([workerStatus({ requests: 100 }), workerStatus({ slot: 1, pid: 101 })], {
    at: 1_000,
  });
  const now = statusOf([
    workerStatus({ requests: 101, inFlight: 2, lag: 3, restarts: 3 }),
    workerStatus({ slot: 1, pid: 101, requests: 4_000, inFlight: 1 }),
  ], { at: 3_000 });
  const [title, master, sum, , head, first, second] = topLines(before, now, wide);
  assertEquals(title, "main.ts is running on 127.0.0.1:8000");
  assertEquals(master, "master 41, generation 1, 2 of 2 workers ready, cpu -, memory -");
  assertEquals(sum, "2001 req/s, 3 in flight, - waiting, p50 -, p99 -, 0 errors, 0 restarts");
  assertMatch(
    head!,
    /^WORKER +PID +GEN +STATE +REQ\/S +ERRORS +RESTARTS +P50 +P99 +IN FLIGHT +LAG +CPU +MEMORY +AGE +REQUEST$/,
  );
  assertMatch(first!, /^0 +100 +1 +ready +0\.5 +0 +3 +- +- +2 +3ms +- +- +1m01s +-$/);
  assertMatch(second!, /^1 +101 +1 +ready +2000 /);
});

Deno.test("every value has its unit", () => {
  const current = { method: "GET", path: "/report?\x1b[2J", ms: 12_345 };
  const worker = workerStatus({ p50: 1.26, p99: 250.4, cpu: 0.333, memory: 64.4 * 2 ** 20, current });
  const line = topLines(null, statusOf([worker]), wide)[headLines]!;
  assertMatch(line, / 1\.3ms +250ms +0 +0ms +33% +64M +1m01s +GET \/report\?\\u001b\[2J 12s$/);
});

Deno.test("total latencies are those of the requests since the previous status", () => {
  const worker = workerStatus();
  const status = statusOf([worker]);
  const withLatency = (at: number, ...ms: number[]) => ({
    ...status,
    at,
    totals: { ...status.totals, latency: latencies(...ms), backlog: 3 },
  });
  const before = withLatency(0, 500, 500, 500);
  const sum = topLines(before, withLatency(1_000, 500, 500, 500, 2), wide)[2]!;
  assertMatch(sum, /3 waiting, p50 2\.\dms, p99 2\.\dms, /);
  assertStringIncludes(topLines(before, withLatency(1_000, 500, 500, 500), wide)[2]!, "p50 -, p99 -");
});

Deno.test("unknown values are a dash: in the first status, and for a new process in a slot", () => {
  const status = statusOf([workerStatus({ requests: 5 })]);
  assertMatch(topLines(null, status, wide)[2]!, /^- req\/s/);
  assertMatch(topLines(null, status, wide)[headLines]!, /ready +- /);
  const replaced = statusOf([workerStatus({ pid: 200, requests: 2, state: "booting" })], { at: 1_000 });
  assertMatch(topLines(status, replaced, wide)[headLines]!, /^0 +200 +1 +booting +- /);
  assertMatch(topLines(status, status, wide)[headLines]!, /ready +- /);
});

Deno.test("threads of one process have rates of their own", () => {
  const threads = (...requests: number[]) =>
    requests.map((count, slot) => workerStatus({ slot, pid: 100, thread: slot, requests: count }));
  const before = statusOf(threads(0, 50));
  const lines = topLines(before, statusOf(threads(10, 70), { at: before.at + 1_000 }), wide).slice(headLines);
  assertMatch(lines[0]!, /^0 +100 +1 +ready +10/);
  assertMatch(lines[1]!, /^1 +100 +1 +ready +20/);
});

Deno.test("a blocked worker is marked", () => {
  const status = statusOf([workerStatus({ isStalled: true })]);
  assertMatch(topLines(null, status, wide)[headLines]!, /ready, stalled/);
});

const forty = statusOf(Array.from({ length: 40 }, (_, slot) => workerStatus({ slot, pid: 100 + slot })));

Deno.test("the screen is filled and not left, and the last line has the keys", () => {
  for (const size of [{ columns: 20, rows: 10 }, { columns: 80, rows: 24 }, { columns: 1, rows: 1 }]) {
    const lines = topLines(null, forty, size);
    assertEquals(lines.length, size.rows);
    assert(lines.every((line) => line.length <= size.columns));
  }
  const keys = "q quit  ↑↓ scroll  s sort: worker  r reverse  / filter";
  assertEquals(topLines(null, forty, { columns: 80, rows: 24 }).at(-1), `1-18 of 40  ${keys}`);
  assertEquals(topLines(null, forty, wide).at(-1), `40  ${keys}`);
  const all = topLines(null, forty, { columns: Infinity, rows: Infinity });
  assertEquals([all.length, all.at(-1)?.slice(0, 2)], [headLines + 40, "39"]);
});

Deno.test("on 80 columns what matters least is left out, not cut", () => {
  const worker = workerStatus({
    ...{ pid: 1_234_567, p50: 100, p99: 5_000, inFlight: 12, lag: 1_234, cpu: 0.99, memory: 2 ** 29 },
    ...{ state: "draining", current: { method: "GET", path: "/report", ms: 10 } },
  });
  const [head, row] = topLines(null, statusOf([worker]), { columns: 80, rows: 24 }).slice(headLines - 1);
  assertMatch(head!, /^WORKER +PID +STATE +REQ\/S +ERRORS +P99 +IN FLIGHT +LAG +CPU +MEMORY$/);
  assertMatch(row!, / 99% +512M$/);
  const narrow = topLines(null, statusOf([worker]), { columns: 40, rows: 24 })[headLines - 1];
  assertMatch(narrow!, /^WORKER +PID +STATE +REQ\/S +ERRORS$/);
});

Deno.test("blocked workers are red, those that end yellow, and others as they are", () => {
  const workers = [
    workerStatus({ isStalled: true }),
    workerStatus({ slot: 1, state: "draining" }),
    workerStatus({ slot: 2 }),
  ];
  const coloured = topLines(null, statusOf(workers), wide, firstView, true).slice(headLines);
  assertEquals(coloured.slice(0, 3).map((line) => line.slice(0, 6)), ["\x1b[31m0", "\x1b[33m1", "2     "]);
  assert(!topLines(null, statusOf(workers), wide).join("").includes("\x1b"));
});

Deno.test("a filter shows the rows that have its text, and the last line what is typed", () => {
  const workers = [
    workerStatus({ current: { method: "GET", path: "/Report", ms: 1 } }),
    workerStatus({ slot: 1, state: "draining" }),
    workerStatus({ slot: 2 }),
  ];
  const filtered = (filter: string, isTyping = false) =>
    topLines(null, statusOf(workers), wide, { ...firstView, filter, isTyping }).slice(headLines);
  assertEquals([filtered("drain")[0]?.[0], filtered("drain")[1]], ["1", ""]);
  assertEquals(filtered("/report")[0]?.[0], "0");
  assertMatch(filtered("drain").at(-1)!, /^1  q quit .* \/ filter \(drain\)$/);
  assertEquals(filtered("no", true).at(-1), "filter: no_  Enter: keep  Esc: all workers");
});

Deno.test("more workers than wanted are counted as others", () => {
  const line = topLines(null, { ...forty, target: 30 }, wide)[1];
  assertStringIncludes(line!, "30 of 30 workers ready, 10 others");
});

Deno.test("control characters in the name of an app do not reach the terminal", () => {
  const status = statusOf([workerStatus()], { app: "a\x1b[2Jb.ts" });
  assert(!topLines(null, status, wide).join("").includes("\x1b"));
});

Deno.test("nothing in a status or an event makes a terminal act on it, nor adds a line", () => {
  const hostile = "a\n\x1b[2J\x9b31m\u202e";
  const status = statusOf([workerStatus({ current: { method: "GET", path: hostile, ms: 1 } })], {
    app: hostile,
    addresses: [hostile],
    version: hostile,
    runtime: hostile,
  });
  const event = { id: 1, at: 0, kind: "complete", text: hostile } as const;
  for (const text of [statusText(status), eventText(event), topLines(null, status, wide).join("\n")]) {
    assert(!/[^\P{Cc}\n]|\u202e/u.test(text), JSON.stringify(text));
  }
  assertEquals(statusText(status).split("\n").length, 6);
  assertEquals(eventText(event).split("\n").length, 2);
});

Deno.test("the status tells that a reload has failed", () => {
  const text = 'reload failed, generation 1 keeps serving: app.ts:10:7: Expected ";"';
  const transition = { what: "reload", outcome: "failed", at: 0, text, detail: null } as const;
  const [, , line] = statusText(statusOf([workerStatus()], { transition })).split("\n");
  assertEquals(line, text);
});
