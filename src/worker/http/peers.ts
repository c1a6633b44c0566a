/**
 * From which ports the requests in flight came: so a connection that looks silent from outside is known to be waiting for
 * its answer. Nothing is read of a request before somebody asks, because that costs a third of a microsecond.
 */

import { attempt } from "../../core/thrown.ts";
import { directAddress } from "../../system/network/requests/forwarded_requests.ts";
import type { InFlightRequest, PeerSource } from "./in_flight_requests.ts";

/** What outlives its request, such as a WebSocket. */
export interface HeldPeer {
  readonly port: number | null;
}

export interface Peers {
  /** By port; `null` for what outlived its request. */
  readonly inFlight: ReadonlyMap<number, InFlightRequest | null>;
  /** Whether the port of each of them is known. */
  readonly areKnown: boolean;
}

/** `null` if it is unknown, and 0 if it is none of TCP. */
export function peerPortOf(source: PeerSource | null): number | null {
  return source === null ? null : attempt(() => portIn(source), null);
}

function portIn(source: PeerSource): number | null {
  if ("socket" in source) return source.socket.remotePort ?? null;
  const { transport, port } = directAddress(source);
  return transport === "unix" ? 0 : port ?? null;
}

export function peersOf(entries: Iterable<InFlightRequest>, held: Iterable<HeldPeer>): Peers {
  const inFlight = new Map<number, InFlightRequest | null>();
  let areKnown = true;
  for (const entry of entries) {
    const port = peerPortOf(entry.peer);
    if (port === null) areKnown = false;
    else inFlight.set(port, entry);
  }
  for (const { port } of held) {
    if (port === null) areKnown = false;
    else inFlight.set(port, null);
  }
  return { inFlight, areKnown };
}
