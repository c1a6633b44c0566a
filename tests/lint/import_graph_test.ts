import { assertEquals } from "../assert.ts";
import { type Module, parseModule, readModules } from "./modules.ts";

/**
 * The shortest circle of imports through each import that is part of one, written as `a → b → a`. A circle means
 * that files cannot be understood, tested or loaded one after another.
 */
function circlesIn(modules: readonly Module[]): string[] {
  const imported = new Map(
    modules.map(({ path, imports }) => [path, [...new Set(imports.map(({ from }) => from))]]),
  );
  const circles = new Set<string>();
  for (const [path, targets] of imported) {
    for (const target of targets) {
      const way = shortestWay(imported, target, path);
      if (way !== undefined) circles.add(fromFirst(way));
    }
  }
  return [...circles].sort();
}

function shortestWay(
  imported: ReadonlyMap<string, readonly string[]>,
  start: string,
  end: string,
): readonly string[] | undefined {
  const ways: (readonly [string, ...string[]])[] = [[start]];
  const seen = new Set([start]);
  for (const way of ways) {
    if (way[0] === end) return way.toReversed();
    for (const next of imported.get(way[0]) ?? []) {
      if (!seen.has(next)) ways.push([next, ...way]);
      seen.add(next);
    }
  }
  return undefined;
}

/** One text for a circle, wherever one enters it. */
function fromFirst(circle: readonly string[]): string {
  const first = circle.indexOf([...circle].sort()[0] ?? "");
  return [...circle.slice(first), ...circle.slice(0, first + 1)].join(" → ");
}

Deno.test("imports of any form make a circle, and the shortest is named", () => {
  const circles = circlesIn([
    parseModule("src/a.ts", 'import { b } from "./b.ts"; b();'),
    parseModule("src/b.ts", 'const { c } = await import("./c.ts"); c();'),
    parseModule("src/c.ts", 'import type { A } from "./a.ts"; export * from "./b.ts"; let a: A;'),
    parseModule("src/d.ts", 'let a: import("./a.ts").A; export { e } from "./e.ts";'),
    parseModule("src/e.ts", 'import "hono"; import "./e.ts";'),
  ]);
  assertEquals(circles, [
    "src/a.ts → src/b.ts → src/c.ts → src/a.ts",
    "src/b.ts → src/c.ts → src/b.ts",
    "src/e.ts → src/e.ts",
  ]);
});

Deno.test("the imports of the program have no circle", () => {
  const circles = circlesIn(readModules("main.ts", "src"));
  assertEquals(circles, [], "move what both need to a file of its own, or pass it as an argument");
});
