import fc from "fast-check";
import { assignPlaces } from "../../../src/core/listeners/socket_places.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("each worker gets a place of its own, and keeps it", () => {
  assertEquals(assignPlaces(2, [null, null]), [[0], [1]]);
  assertEquals(assignPlaces(2, [1, null]), [[1], [0]]);
  assertEquals(assignPlaces(2, [1, 0]), [[1], [0]]);
});

Deno.test("a place whose worker is gone belongs to another one until there is a new one", () => {
  assertEquals(assignPlaces(2, [1]), [[1, 0]]);
  assertEquals(assignPlaces(2, [1, null]), [[1], [0]]);
});

Deno.test("where one place has two workers and another has none, one of them moves", () => {
  assertEquals(assignPlaces(2, [0, 1, null]), [[0], [1], [0]]);
  assertEquals(assignPlaces(2, [0, 0]), [[0], [1]]);
  assertEquals(assignPlaces(3, [0, 0, 1, 1]), [[0], [0], [1], [2]]);
});

Deno.test("without places or workers there is nothing to accept from", () => {
  assertEquals(assignPlaces(0, [null, 3]), [[], []]);
  assertEquals(assignPlaces(3, []), []);
});

Deno.test("every place has a worker, the numbers differ by one at most, and a second look changes nothing", () => {
  const place = fc.option(fc.nat(9), { nil: null });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(place, { minLength: 1, maxLength: 12 }),
      (count, before) => {
        const places = assignPlaces(count, before);
        const own = places.map(([first]) => first!);
        const workers = Array.from(
          { length: count },
          (_, place) => own.filter((each) => each === place).length,
        );
        assert(Math.max(...workers) - Math.min(...workers) <= 1, JSON.stringify(workers));
        assertEquals(new Set(places.flat()), new Set(Array.from({ length: count }, (_, place) => place)));
        assertEquals(assignPlaces(count, own), places);
      },
    ),
  );
});
