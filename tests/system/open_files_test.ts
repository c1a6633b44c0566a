import { raisedLimit } from "../../src/system/open_files.ts";
import { assertEquals } from "../assert.ts";

Deno.test("the soft limit of open files is raised to the hard one, and never lowered", () => {
  assertEquals(raisedLimit({ soft: 1024, hard: 524_288 }), 524_288);
  assertEquals(raisedLimit({ soft: 1024, hard: 1024 }), 1024);
  assertEquals(raisedLimit({ soft: 1024, hard: 2 ** 30 }), 1_048_576);
  assertEquals(raisedLimit({ soft: 1024, hard: Infinity }), 1_048_576);
  assertEquals(raisedLimit({ soft: 2 ** 30, hard: 2 ** 30 }), 2 ** 30);
  assertEquals(raisedLimit({ soft: Infinity, hard: Infinity }), Infinity);
});
