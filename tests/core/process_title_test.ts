import { nameIn, titleOf } from "../../src/core/process_title.ts";
import { assertEquals } from "../assert.ts";

Deno.test("a title has the name of the server in it", () => {
  assertEquals(titleOf("worker 0", "shop"), "denicorn: worker 0 [shop]");
  for (const name of ["shop", "a[1]", "[", "x y"]) assertEquals(nameIn(titleOf("master", name)), name);
});

Deno.test("what is no title has no name", () => {
  for (const text of [undefined, "", "worker=0", "denicorn: worker 0", "[shop]"]) {
    assertEquals(nameIn(text), null);
  }
});
