import { requestIdOf, saneRequestId } from "../../src/worker/request_id.ts";
import { assertEquals } from "../assert.ts";

Deno.test("an id is one word of ASCII, at most 128 characters long", () => {
  const long = "x".repeat(128);
  assertEquals([saneRequestId("a-1:b/c=~"), saneRequestId(long)], ["a-1:b/c=~", long]);
  for (const bad of ["", "a b", "a\nb", "a\u0000", "é", `${long}x`, undefined, ["a"], 7]) {
    assertEquals(saneRequestId(bad), undefined);
  }
});

Deno.test("a request whose headers cannot be read any more has no id", () => {
  const request = {
    method: "GET",
    url: "/",
    get headers(): Headers {
      throw new TypeError("request closed");
    },
  };
  assertEquals(requestIdOf(request), undefined);
  assertEquals(requestIdOf({ method: "GET", url: "/" }), undefined);
  assertEquals(requestIdOf(new Request("http://x/", { headers: { "X-Request-Id": "a1" } })), "a1");
});
