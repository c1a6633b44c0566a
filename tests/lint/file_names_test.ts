import { assertEquals } from "../assert.ts";
import { modulesIn } from "./modules.ts";

/** Folders whose files are one of a kind, each named after its subject: `doctor/checks/steering.ts` checks the steering. */
const catalogues = ["src/doctor/checks", "src/settings/sections", "src/cli/commands", "src/cli/reference"];

/** Names that two files may share all the same, with what tells the files apart. */
const shared: Readonly<Record<string, string>> = {
  "scoreboard.ts": "its layout in core, the file that holds it in master",
};

/** The names that several files have, and nothing says why: `format.ts: src/a/format.ts, src/b/format.ts`. */
function ambiguousNames(paths: readonly string[]): string[] {
  const byName = Map.groupBy(paths.filter((path) => !catalogues.includes(folderOf(path))), nameOf);
  return [...byName]
    .filter(([name, files]) => new Set(files.map(mirrored)).size > 1 && !(name in shared))
    .map(([name, files]) => `${name}: ${files.join(", ")}`);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/**
 * The same for a decision in a room of core and for what carries it out in the room of that name in master: both
 * files may be `pool/recycling.ts`.
 */
function mirrored(path: string): string {
  return path.replace(/^src\/(core|master)\/(?=[^/]+\/)/, "");
}

Deno.test("one name for two files is found, but where the folders mirror each other or list subjects", () => {
  const paths = [
    ["src/core/pool/a.ts", "src/master/pool/a.ts", "src/doctor/checks/a.ts", "src/cli/commands/a.ts"],
    ["src/core/pool/b.ts", "src/master/b.ts"],
    ["src/log/c.ts", "src/control/c.ts"],
    ["src/worker/scoreboard.ts", "src/log/scoreboard.ts"],
  ];
  assertEquals(ambiguousNames(paths.flat()), [
    "b.ts: src/core/pool/b.ts, src/master/b.ts",
    "c.ts: src/log/c.ts, src/control/c.ts",
  ]);
});

Deno.test("no two files in src/ have one name, unless their folders say what tells them apart", () => {
  assertEquals(ambiguousNames(modulesIn("src")), []);
});
