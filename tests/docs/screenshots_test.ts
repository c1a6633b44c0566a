import { pageSum, pageSumPath } from "../../scripts/screenshots.ts";
import { assertEquals } from "../assert.ts";

Deno.test("the screenshots of the dashboard are those of the page as it is: make screenshots", async () => {
  assertEquals(Deno.readTextFileSync(pageSumPath), await pageSum());
});
