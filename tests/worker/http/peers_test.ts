import { InFlightRequest, type PeerSource } from "../../../src/worker/http/in_flight_requests.ts";
import { peerPortOf, peersOf } from "../../../src/worker/http/peers.ts";
import { assertEquals } from "../../assert.ts";

const tcp = (port?: number) => ({
  remoteAddr: { transport: "tcp", hostname: "192.0.2.1", ...(port ? { port } : {}) },
});

function request(peer: PeerSource | null): InFlightRequest {
  const entry = new InFlightRequest({ method: "GET", url: "/" }, 0);
  entry.peer = peer;
  return entry;
}

Deno.test("the port of a client is that of its connection, also for node:http", () => {
  assertEquals(peerPortOf(tcp(40_000)), 40_000);
  assertEquals(peerPortOf({ socket: { remotePort: 40_002 } }), 40_002);
  assertEquals(peerPortOf({ remoteAddr: { transport: "unix" } }), 0);
});

Deno.test("a port that the runtime does not tell is unknown", () => {
  const closed = {
    get remoteAddr(): never {
      throw new TypeError("Request closed");
    },
  };
  for (const source of [null, closed, tcp(), { socket: {} }]) assertEquals(peerPortOf(source), null);
});

Deno.test("peers are known if each of them is", () => {
  const entry = request(tcp(40_000));
  const known = peersOf([entry], [{ port: 40_001 }]);
  assertEquals([known.areKnown, Array.from(known.inFlight)], [true, [[40_000, entry], [40_001, null]]]);
  assertEquals(peersOf([entry, request(null)], []).areKnown, false);
  assertEquals(peersOf([], [{ port: null }]).areKnown, false);
});
