import { type Cell, cells, select } from "../../../bench/loss/cells.ts";
import type { LoadResult } from "../../../bench/loss/client/load_options.ts";
import { lostPerKill, tooCostly } from "../../../bench/loss/kills.ts";
import { table } from "../../../bench/loss/report.ts";
import { measured, problemsOf } from "../../../bench/loss/result.ts";
import { assert, assertEquals, assertMatch } from "../../assert.ts";

const cell = (name: string): Cell => cells.find((cell) => cell.name === name)!;
const hup = cell("hup/new/binary");

const load = (changes: Partial<LoadResult> = {}, p999 = 2): LoadResult => ({
  done: true,
  requests: 100,
  seconds: 1,
  failures: {},
  lost: 0,
  samples: [],
  latency: { p50: 1, p95: 1, p99: 1, p999, max: 3 },
  slow: 0,
  reconnects: 0,
  connects: 1,
  outOfTime: false,
  ...changes,
});
const quiet = measured(load());

Deno.test("a cell that lost nothing and was not much slower passes", () => {
  const result = measured(load({}, 9.9), { operations: 10, planned: 10 });
  assertEquals(problemsOf(hup, result, quiet), []);
});

Deno.test("losses, slowness, missing operations and a lack of time each fail a cell", () => {
  const result = measured(load({ lost: 3, outOfTime: true }, 11), { operations: 9, planned: 10 });
  assertEquals(problemsOf(hup, result, quiet), [
    "out of time",
    "3 lost",
    "9 of 10 operations",
    "p99.9 5.5× the quiet one",
  ]);
});

Deno.test("a kill may cost the requests of the killed worker, not more", () => {
  const kill = cell("kill/new/binary");
  assertEquals(problemsOf(kill, measured(load({ lost: 16 }), { tolerated: 16 }), undefined), []);
  assertEquals(problemsOf(kill, measured(load({ lost: 17 }), { tolerated: 16 }), undefined), ["17 lost"]);
});

Deno.test("an operation that Denicorn does not support fails; losses of other servers do not", () => {
  const reason = "no such thing";
  assertEquals(problemsOf(hup, { outcome: "not supported", reason }, quiet), [`not supported: ${reason}`]);
  assertEquals(problemsOf(cell("hup/new/gunicorn"), measured(load({ lost: 9 })), quiet), []);
});

Deno.test("cells have different names", () => {
  assertEquals(new Set(cells.map(({ name }) => name)).size, cells.length);
});

Deno.test("a selection includes the quiet runs it is compared with", () => {
  const names = select(cells, ["usr2/new"]).map(({ name }) => name);
  assert(names.includes("quiet/new/binary") && names.includes("quiet/new/source"));
  assert(!names.includes("quiet/keep-alive/binary"));
  assertEquals(select(cells, ["kill/new/source"]).map(({ name }) => name), ["kill/new/source"]);
  assertEquals(select(cells, []), cells);
  assertEquals(select(cells, ["nothing"]), []);
});

Deno.test("each loss belongs to the last kill before it", () => {
  assertEquals(lostPerKill([100, 600, 1_100], [99, 100, 130, 700, 5_000]), [2, 1, 1]);
});

Deno.test("the table aligns its columns and shows what failed", () => {
  const result = measured(load({ lost: 3, failures: { eof: 3 } }));
  const [head, row, other] = table([
    { cell: hup, result, quiet },
    { cell: cell("usr2/new/binary"), result: { outcome: "not supported", reason: "unknown\nmore" }, quiet },
  ]).split("\n");
  assertEquals(head!.indexOf("LOST") + "LOST".length, row!.indexOf(" 3 ") + 2);
  assertMatch(row!, /^hup\/new\/binary .* FAILED: 3 lost, eof 3$/);
  assertMatch(other!, /^usr2\/new\/binary .* not supported: unknown$/);
});

Deno.test("a kill may cost each connection an accepted request and one in the queue, but no third", () => {
  assertEquals(tooCostly([]), []);
  assertEquals(tooCostly([4, 17, 32]), []);
  assertEquals(tooCostly([4, 33, 5]), ["a kill cost 33 requests, more than two for each of 16 connections"]);
});
