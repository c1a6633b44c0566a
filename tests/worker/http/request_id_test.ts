import { assertEquals, assertThrows } from "../../assert.ts";
import { nodeRequestIdOf, requestIdFor, requestIdOf } from "../../../src/worker/http/request_id.ts";

let count = 0;
const made = () => `made-${++count}`;

function fetched(id?: string): Request {
  return new Request("http://a/", id === undefined ? {} : { headers: { "x-request-id": id } });
}

Deno.test("a request has the id of its header, if that can be one", () => {
  assertEquals([requestIdOf(fetched("a-1")), requestIdFor(fetched("a-1"), made)], ["a-1", "a-1"]);
  const node = { headers: { "x-request-id": "b-2" } };
  assertEquals([nodeRequestIdOf(node), requestIdFor(node, made)], ["b-2", "b-2"]);
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
    const id = requestIdFor(request, made);
    assertEquals(id, `made-${count}`);
    assertEquals([requestIdFor(request, made), idOf(request)], [id, id]);
  }
});

Deno.test("what is not a request has no id", () => {
  for (const value of [null, 7, "request", {}, { headers: 1 }]) {
    assertThrows(() => requestIdFor(value, made), TypeError, "the argument is not a request");
  }
});
