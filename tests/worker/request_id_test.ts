import { assertEquals, assertMatch, assertThrows } from "../assert.ts";
import { nodeRequestIdOf, requestIdFor, requestIdOf } from "../../src/worker/request_id.ts";

const uuid = /^[0-9a-f-]{36}$/;

function fetched(id?: string): Request {
  return new Request("http://a/", id === undefined ? {} : { headers: { "x-request-id": id } });
}

Deno.test("a request has the id of its header, if that can be one", () => {
  assertEquals([requestIdOf(fetched("a-1")), requestIdFor(fetched("a-1"))], ["a-1", "a-1"]);
  const node = { headers: { "x-request-id": "b-2" } };
  assertEquals([nodeRequestIdOf(node), requestIdFor(node)], ["b-2", "b-2"]);
  for (const id of ["a b", "x".repeat(129), "\u00e4"]) assertEquals(requestIdOf(fetched(id)), undefined);
});

Deno.test("the app gets an id for a request without one, which lines about errors name, too", () => {
  for (
    const [request, idOf] of [
      [fetched(), requestIdOf],
      [{ headers: {} }, nodeRequestIdOf],
    ] as [object, (request: object) => string | undefined][]
  ) {
    assertEquals(idOf(request), undefined);
    const id = requestIdFor(request);
    assertMatch(id, uuid);
    assertEquals([requestIdFor(request), idOf(request)], [id, id]);
  }
});

Deno.test("what is no request has no id", () => {
  for (const value of [null, 7, "request", {}, { headers: 1 }]) {
    assertThrows(() => requestIdFor(value), TypeError, "the argument is no request");
  }
});
