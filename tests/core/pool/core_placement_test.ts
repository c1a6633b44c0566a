import fc from "fast-check";
import { coreChanges, type PlacedWorker } from "../../../src/core/pool/core_placement.ts";
import { assert, assertEquals } from "../../assert.ts";

const at = (worker: string, core: number | null, isWorking = true): PlacedWorker<string> => ({
  worker,
  core,
  isWorking,
});

function changes(cores: readonly number[], ...workers: PlacedWorker<string>[]): Record<string, number> {
  return Object.fromEntries(coreChanges(cores, workers));
}

Deno.test("workers get the cores in turn", () => {
  assertEquals(changes([0, 1], at("a", null), at("b", null), at("c", null)), { a: 0, b: 1, c: 0 });
  assertEquals(changes([4, 2], at("a", null)), { a: 4 });
  assertEquals(changes([0, 1], at("a", 0), at("b", null)), { b: 1 });
});

Deno.test("a worker keeps its core while the others leave it its share", () => {
  assertEquals(changes([0, 1], at("a", 1), at("b", 0), at("c", 1)), {});
  assertEquals(changes([0, 1, 2], at("a", 2)), {});
});

Deno.test("a replacement takes the core of the worker that it replaces", () => {
  assertEquals(changes([0, 1], at("a", 0), at("b", 1, false), at("c", null)), { c: 1 });
});

Deno.test("when the workers of one core have left, others move there", () => {
  assertEquals(changes([0, 1], at("a", 0), at("b", 0)), { b: 1 });
  assertEquals(changes([0, 1], at("a", 0), at("b", 0), at("c", 0), at("d", 0)), { d: 1, c: 1 });
});

Deno.test("spares get what working ones leave, and do not count until they work", () => {
  assertEquals(changes([0, 1], at("spare", null, false), at("a", null)), { a: 0, spare: 1 });
  assertEquals(changes([0, 1], at("a", 0), at("spare", 0, false), at("b", null)), { b: 1 });
  assertEquals(changes([0, 1], at("a", 0), at("promoted", 0)), { promoted: 1 });
});

Deno.test("whatever happened before, the cores share the working ones evenly, and a second look changes nothing", () => {
  const anyCores = fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 5 });
  const anyWorkers = fc.array(fc.record({ core: fc.option(fc.nat(7)), isWorking: fc.boolean() }), {
    maxLength: 12,
  });
  fc.assert(fc.property(anyCores, anyWorkers, (cores, given) => {
    const before = given.map((worker, index) => ({
      worker: index,
      ...worker,
      core: worker.core !== null && cores.includes(worker.core) ? worker.core : null,
    }));
    const changed = coreChanges(cores, before);
    const after = before.map((one) => ({ ...one, core: changed.get(one.worker) ?? one.core }));
    const counts = cores.map((core) => after.filter((one) => one.isWorking && one.core === core).length);
    assert(Math.max(...counts) - Math.min(...counts) <= 1, JSON.stringify(after));
    assert(after.every(({ core }) => core !== null && cores.includes(core)));
    assertEquals(coreChanges(cores, after).size, 0);
    const moved = before.filter(({ worker, core, isWorking }) =>
      core !== null && !isWorking && changed.has(worker)
    );
    assertEquals(moved, []);
  }));
});
