/**
 * Requests of `node:http` whose clients have left, and whose responses the runtime never closes: Deno 2.7 closes none to
 * which nothing listens, nor one while a part of its request is to come; Deno 2.9 does not close those that were asked for
 * behind a response that ends their connection. They would count as long as the worker lives, and its drain would wait for
 * them. To have the runtime say so would cost each request more than a hello takes, so now and then it is looked for.
 */

import { pausePerConnection } from "../../core/listeners/slow_connections.ts";
import { sleep } from "../../system/clock.ts";
import type { NodeResponse, System } from "../../system/system.ts";
import type { InFlightRequest } from "../http/in_flight_requests.ts";
import { peerPortOf } from "../http/peers.ts";

/** Milliseconds between two looks, and the age of what is looked for. */
const interval = 250;

/** Descriptors per turn of the event loop: half a millisecond. */
const batch = 128;

const none: ReadonlySet<InFlightRequest> = new Set();

export class LeftClients {
  readonly #system: Pick<System, "sockets" | "clock">;
  readonly #entries: Iterable<InFlightRequest>;
  /** Those on which the app has listened: its connections outlive its listeners. */
  readonly #ports: ReadonlySet<number>;
  readonly #abandon: (response: NodeResponse) => void;
  /** Of which the last look has said so. */
  #suspects = none;
  #isLooking = false;
  #notBefore = -Infinity;

  constructor(
    system: Pick<System, "sockets" | "clock">,
    entries: Iterable<InFlightRequest>,
    ports: ReadonlySet<number>,
    abandon: (response: NodeResponse) => void,
  ) {
    this.#system = system;
    this.#entries = entries;
    this.#ports = ports;
    this.#abandon = abandon;
  }

  start(): void {
    const cancel = this.#system.clock.every(interval, () => {
      if (this.#isLooking) return;
      this.#isLooking = true;
      void this.#look(cancel).finally(() => this.#isLooking = false);
    });
  }

  async #look(stop: () => void): Promise<void> {
    const latest = this.#system.clock.monotonic() - interval;
    const unsure: InFlightRequest[] = [];
    for (const entry of this.#entries) {
      if (entry.since > latest) break;
      const isDestroyed = destroyed(entry);
      if (isDestroyed === null) unsure.push(entry);
      else if (isDestroyed) this.#giveUp(entry);
    }
    if (unsure.length === 0) return void (this.#suspects = none);
    if (this.#system.clock.monotonic() < this.#notBefore) return;
    const connected = await this.#connected().catch(() => null);
    // This system cannot say.
    if (connected === null) return stop();
    const suspects = unsure.filter(({ peer }) => {
      const port = peerPortOf(peer);
      return port !== null && !connected.has(port);
    });
    for (const entry of suspects) if (this.#suspects.has(entry)) this.#giveUp(entry);
    this.#suspects = new Set(suspects);
    this.#notBefore = this.#system.clock.monotonic() + pausePerConnection * connected.size;
  }

  /** What a listener of the app throws is an uncaught error of the app, as when the runtime closes the response. */
  #giveUp({ nodeResponse }: InFlightRequest): void {
    try {
      this.#abandon(nodeResponse!);
    } catch (error) {
      this.#system.clock.after(0, () => {
        throw error;
      });
    }
  }

  /** From which ports there are clients that may send more, or of whom something was not read yet. */
  async #connected(): Promise<ReadonlySet<number>> {
    const { sockets, clock } = this.#system;
    const connected = new Set<number>();
    for (let from: number | null = 0; from !== null;) {
      const { looks, next } = sockets.look(this.#ports, from, batch, () => true);
      for (const { descriptor, peerPort, hasEnded } of looks) {
        if (!hasEnded || sockets.hasUnread(descriptor)) connected.add(peerPort);
      }
      from = next;
      if (from !== null) await sleep(clock, 0);
    }
    return connected;
  }
}

/** Whether the runtime has closed its connection; `null` if it does not say. */
function destroyed({ peer, nodeResponse }: InFlightRequest): boolean | null {
  if (nodeResponse === null || peer === null || !("socket" in peer)) return false;
  return peer.socket.destroyed ?? null;
}
