import { cells } from "../../../bench/compare/cells.ts";
import type { PeerName } from "../../../bench/compare/peers.ts";
import type { Sample } from "../../../bench/compare/summary.ts";
import { judge, type Target, targets } from "../../../bench/compare/targets.ts";
import { assert, assertEquals } from "../../assert.ts";

const target: Target = {
  cell: "any",
  figure: "rate",
  peer: "denicorn source",
  against: ["Gunicorn sync", "Gunicorn gthread"],
  limit: 10,
};

function measured(rates: Partial<Record<PeerName, readonly number[]>>) {
  const entries = Object.entries(rates) as [PeerName, number[]][];
  return new Map<PeerName, readonly Sample[]>(
    entries.map(([name, values]) => [name, values.map((rate) => ({ rate }))]),
  );
}

Deno.test("each target belongs to a cell that measures its peers", () => {
  for (const { cell: name, peer, against = [] } of targets) {
    const cell = cells.find((cell) => cell.name === name);
    assert(cell !== undefined, name);
    for (const needed of [peer, ...against]) {
      assert(cell.peers.includes(needed), `${name}: ${needed}`);
    }
  }
});

Deno.test("the strictest peer counts", () => {
  const found = judge(
    target,
    measured({
      "denicorn source": [100, 105, 110],
      "Gunicorn sync": [5, 5, 5],
      "Gunicorn gthread": [10, 10, 10],
    }),
  );
  assertEquals(found?.verdict, "met");
  assertEquals(found?.measured, "10.50 (10.00–11.00)");
});

Deno.test("a range that includes the limit is unclear", () => {
  const found = judge(target, measured({ "denicorn source": [100, 90, 110], "Gunicorn sync": [10, 10, 10] }));
  assertEquals(found?.verdict, "unclear");
});

Deno.test("without its peers a target is not judged", () => {
  assertEquals(judge(target, measured({ "denicorn source": [100] })), undefined);
});
