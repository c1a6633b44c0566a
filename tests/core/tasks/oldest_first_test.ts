import { OldestFirst } from "../../../src/core/tasks/oldest_first.ts";
import { assertEquals } from "../../assert.ts";

Deno.test("it has the oldest first, and forgets what is removed from any place", () => {
  const list = new OldestFirst<string>();
  assertEquals([list.size, list.first, list.all()], [0, null, []]);
  const [a, b, c, d] = ["a", "b", "c", "d"].map((value) => list.add(value));
  assertEquals([list.size, list.first, list.all()], [4, "a", ["a", "b", "c", "d"]]);
  assertEquals(list.remove(b!), true);
  assertEquals(list.all(), ["a", "c", "d"]);
  assertEquals([list.remove(a!), list.first], [true, "c"]);
  assertEquals([list.remove(d!), list.all()], [true, ["c"]]);
  assertEquals([list.remove(c!), list.first, list.size], [true, null, 0]);
  list.add("e");
  assertEquals(list.all(), ["e"]);
});

Deno.test("what was removed refers to nothing more, and cannot be removed twice", () => {
  const list = new OldestFirst<string>();
  const place = list.add("a");
  list.add("b");
  list.remove(place);
  assertEquals(place, { value: null, before: null, after: null });
  assertEquals([list.remove(place), list.size], [false, 1]);
});

Deno.test("it finds the oldest that fits, and can be emptied", () => {
  const list = new OldestFirst<number>();
  const places = [1, 2, 3, 4].map((value) => list.add(value));
  assertEquals(list.find((value) => value % 2 === 0), 2);
  assertEquals(list.find((value) => value > 4), null);
  assertEquals(list.clear(), [1, 2, 3, 4]);
  assertEquals([list.size, list.first, list.all()], [0, null, []]);
  assertEquals(places.map((place) => list.remove(place)), [false, false, false, false]);
});
