import { Http2Drain } from "../../../src/worker/http/http2_drain.ts";
import { assertEquals } from "../../assert.ts";

const from = (port: number) => ({
  remoteAddr: { transport: "tcp", hostname: "192.0.2.7", port },
  completed: Promise.resolve(),
} as const);
const withHost = new Request("http://a/", { headers: { host: "a" } });
const withoutHost = new Request("http://a/");

function drain() {
  const http2 = new Http2Drain();
  const known: number[] = [];
  const unsure: number[] = [];
  http2.onFound = (port, isSure) => (isSure ? known : unsure).push(port);
  return { http2, known, unsure };
}

Deno.test("the second request of a connection shows that it is of HTTP/2", () => {
  const { http2, known } = drain();
  assertEquals([http2.began(withHost, from(1)), known], [false, []]);
  assertEquals([http2.began(withHost, from(2)), known], [false, []]);
  assertEquals([http2.began(withHost, from(1)), known], [true, [1]]);
  assertEquals([http2.total, http2.inFlight, [...http2.ports]], [1, 1, [1]]);
});

Deno.test("so does the first one after one that was not answered when the drain began", () => {
  const { http2, known } = drain();
  http2.found({ request: withHost, peer: from(1), status: 0 });
  // Its head was sent without Connection: close.
  http2.found({ request: withHost, peer: from(2), status: 200 });
  assertEquals([http2.began(withHost, from(1)), http2.began(withHost, from(2)), known], [true, false, [1]]);
});

Deno.test("a request without Host may be of HTTP/1.0", () => {
  const { http2, known, unsure } = drain();
  assertEquals([http2.began(withoutHost, from(1)), [...http2.ports]], [true, [1]]);
  assertEquals(http2.found({ request: withoutHost, peer: from(2), status: 0 }), true);
  assertEquals([known, unsure, [...http2.ports]], [[], [1, 2], [1, 2]]);
});

Deno.test("requests over Unix sockets, which have no ports, are not taken for those of one connection", () => {
  const { http2, known, unsure } = drain();
  const unix = { remoteAddr: { transport: "unix" }, completed: Promise.resolve() } as const;
  http2.found({ request: withHost, peer: unix, status: 0 });
  assertEquals([http2.began(withHost, unix), http2.began(withHost, unix)], [false, false]);
  assertEquals([http2.began(withoutHost, unix), known, unsure], [true, [], []]);
});

Deno.test("none with a Connection field is of HTTP/2: one of HTTP/1.0 may be kept", () => {
  const { http2, known, unsure } = drain();
  for (const fields of [{ host: "a", connection: "keep-alive" }, { connection: "keep-alive" }]) {
    const port = Object.keys(fields).length;
    const request = new Request("http://a/", { headers: fields });
    http2.found({ request, peer: from(port), status: 0 });
    assertEquals([http2.began(request, from(port)), http2.began(request, from(port))], [false, false]);
  }
  assertEquals([known, unsure, [...http2.ports]], [[], [], []]);
});
