import { cells } from "../../../bench/compare/cells.ts";
import { barChart } from "../../../bench/compare/report/chart.ts";
import { pageOf } from "../../../bench/compare/report/page.ts";
import type { Result } from "../../../bench/compare/report/result.ts";
import { rowsOf } from "../../../bench/compare/report/rows.ts";
import { withSpeed } from "../../../bench/compare/report/speed.ts";
import { assert, assertEquals } from "../../assert.ts";

const root = new URL("../../../", import.meta.url);
const hello = cells.find(({ name }) => name === "hello, kept connections")!;
const round = (rate: number, cpu: number) => ({ rate, cpu, private: 20 });
const cell = {
  made: "2026-01-01, abc",
  cell: hello,
  rounds: 3,
  seconds: 2,
  samples: {
    "bare Deno.serve": [round(100, 5), round(110, 5), round(120, 5)],
    "denicorn source": [round(99, 6), round(112, 6), round(119, 6)],
    "bare Deno.serve, compiled": [round(50, 5), round(50, 5), round(50, 5)],
    "denicorn binary": [round(45, 5), round(45, 5), round(45, 5)],
    "denicorn source, access log": [round(90, 7), round(90, 7), round(90, 7)],
    "denicorn binary, access log": [round(40, 7), round(40, 7), round(40, 7)],
  },
  failures: {},
} as const;
const result: Result = {
  machine: {
    date: "2026-01-01",
    processor: "a processor",
    cores: 2,
    memory: "4 GB",
    kernel: "linux",
    loadBefore: 0,
    versions: { denicorn: "abc" },
  },
  command: "make bench",
  cells: [cell],
  targets: [],
  missing: { puma: "not installed" },
};

Deno.test("a ratio within the noise is marked, and the binary is compared with its own runtime", () => {
  const [head, ...rows] = rowsOf(cell);
  const column = head!.indexOf("req/s ratio");
  const ratioOf = (name: string) => rows.find(([first]) => first === name)?.[column];
  assertEquals(ratioOf("bare Deno.serve"), "1");
  assertEquals(ratioOf("denicorn source"), "0.99 (noise)");
  assertEquals(ratioOf("denicorn binary"), "0.90");
});

Deno.test("the page names the machine, the client and what is missing", () => {
  const page = pageOf(result);
  for (
    const expected of ["`a processor`, 2 cores", "wrk -t1 -c64", "puma: not installed", "2026-01-01, abc"]
  ) {
    assert(page.includes(expected), expected);
  }
});

Deno.test("a chart shows each peer once, with its text escaped", () => {
  const spread = { median: 1, least: 1, most: 2, rounds: 3 };
  const svg = barChart("title", "note", [{ name: "a < b", spread, text: "1" }]);
  assertEquals(svg.split("a &lt; b").length, 2);
  assert(!svg.includes("a < b"));
});

/** Formatting moves words and columns. */
const plain = (text: string) => text.replaceAll(/[\s-]+/g, " ");

Deno.test("README has a place for the figures", () => {
  assert(withSpeed(Deno.readTextFileSync(new URL("README.md", root)), result).includes("a processor"));
});

const newest = new URL("docs/benchmarks/results.json", root);

// Not before the first published run.
if (await Deno.stat(newest).then(() => true, () => false)) {
  Deno.test("the figures in README are those of docs/benchmarks/results.json", () => {
    const readme = Deno.readTextFileSync(new URL("README.md", root));
    assertEquals(plain(withSpeed(readme, JSON.parse(Deno.readTextFileSync(newest)))), plain(readme));
  });
}
