import { noteResponse } from "../../../src/worker/http/access_details.ts";
import { assertEquals } from "../../assert.ts";
import { streamed } from "./logged_requests.ts";

const needs = { requestHeaders: [], responseHeaders: [], protocol: false, size: true, requestId: false };

/** What the access log says of the size of a response. */
function sizeOf(response: Response, { status = 200, isBroken = false, taken = null as number | null }) {
  const details = {
    ...{ address: "192.0.2.7", protocol: null, requestHeaders: [], responseHeaders: [] },
    ...{ size: null as number | null, requestId: null, mayBeCompressed: false },
  };
  const count = taken === null ? null : { bytes: taken };
  noteResponse({ details, method: "GET", status, isBroken, hasTimedOut: false }, response, count, needs);
  return details.size;
}

Deno.test("the declared size counts only if the response was sent to its end", () => {
  const fetched = streamed();
  fetched.headers.set("content-length", "1000");
  assertEquals(sizeOf(fetched, {}), 1000);
  assertEquals(sizeOf(fetched, { isBroken: true }), null);
  assertEquals(sizeOf(fetched, { status: 499 }), null);
  assertEquals(sizeOf(fetched, { status: 499, taken: 10 }), 10);
});

Deno.test("nor is it known how much of a whole body a client took that has left", () => {
  assertEquals(sizeOf(new Response("hello"), {}), 5);
  assertEquals(sizeOf(new Response("hello"), { status: 499 }), null);
});
