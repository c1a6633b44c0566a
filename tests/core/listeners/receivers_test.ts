import fc from "fast-check";
import { receivers, type Standing } from "../../../src/core/listeners/receivers.ts";
import { assert, assertEquals } from "../../assert.ts";

Deno.test("eligible members get the new connections; without any, those whose process still accepts", () => {
  assertEquals(receivers(["dead", "eligible", "accepting", "eligible"]), [1, 3]);
  assertEquals(receivers(["dead", "accepting", "dead"]), [1]);
  assertEquals(receivers(["dead", "dead"]), []);
  assertEquals(receivers([]), []);
});

Deno.test("property: no dead member ever gets a connection, and someone does if any process accepts", () => {
  const standings = fc.array(fc.constantFrom<Standing>("eligible", "accepting", "dead"));
  fc.assert(fc.property(standings, (group) => {
    const found = receivers(group);
    assert(found.every((index) => group[index] !== "dead"));
    assertEquals(found.length > 0, group.some((standing) => standing !== "dead"));
    assertEquals(new Set(found.map((index) => group[index])).size, Math.min(1, found.length));
  }));
});
