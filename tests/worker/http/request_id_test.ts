import {
  counted,
  isCopyOf,
  namedRequestId,
  nodeRequestIdOf,
  requestIdFor,
  requestIdOf,
  useRequestIds,
} from "../../../src/worker/http/request_id.ts";
import { assertEquals, assertMatch, assertThrows } from "../../assert.ts";

useRequestIds({
  header: "x-request-id",
  isTrusted: (address) => address === "192.0.2.1",
  newId: counted("made"),
});

/** As the runtime's `node:http` has it. */
function nodeRequest(id?: string, remoteAddress = "192.0.2.1") {
  return { headers: id === undefined ? {} : { "x-request-id": id }, socket: { remoteAddress } };
}

Deno.test("a request has the id of its header, if that can be one", () => {
  const node = nodeRequest("b-2");
  assertEquals([nodeRequestIdOf(node), requestIdFor(node)], ["b-2", "b-2"]);
  for (const id of ["a b", "x".repeat(129), "\u00e4"]) {
    assertEquals(nodeRequestIdOf(nodeRequest(id)), undefined);
  }
});

Deno.test("who is not trusted gives no id", () => {
  const node = nodeRequest("b-2", "192.0.2.9");
  assertEquals(nodeRequestIdOf(node), undefined);
  assertMatch(requestIdFor(node), /^made-/);
  // No server has received it.
  assertEquals(requestIdOf(new Request("http://a/", { headers: { "x-request-id": "a" } })), undefined);
});

Deno.test("the app gets an id for a request without one, which lines about errors name, too", () => {
  for (
    const [request, idOf] of [
      [new Request("http://a/"), requestIdOf],
      [nodeRequest(), nodeRequestIdOf],
    ] as [object, (request: object) => string | undefined][]
  ) {
    assertEquals(idOf(request), undefined);
    const keys = Reflect.ownKeys(request).length;
    const id = requestIdFor(request);
    assertMatch(id, /^made-\w+$/);
    assertEquals([requestIdFor(request), idOf(request)], [id, id]);
    assertEquals(Reflect.ownKeys(request).length, keys);
  }
});

Deno.test("each request has an id of its own, and a copy of it the same", () => {
  const [one, two, copy] = [1, 2, 3].map(() => new Request("http://a/")) as [Request, Request, Request];
  isCopyOf(copy, two);
  const id = namedRequestId(two);
  assertEquals([namedRequestId(one) === id, requestIdFor(copy)], [false, id]);
});

Deno.test("what is not a request has no id", () => {
  for (const value of [null, 7, "request", {}, { headers: 1 }]) {
    assertThrows(() => requestIdFor(value), TypeError, "the argument is not a request");
  }
});
