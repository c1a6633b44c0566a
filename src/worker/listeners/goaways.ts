/**
 * Tells clients of HTTP/2 to connect again, on a runtime that loses requests when it says so itself: what arrives at Deno
 * 2.7 while it says GOAWAY is never answered. Here the frame is written into the connection beside the runtime, which knows
 * nothing of it and answers all that comes; the client opens its next streams elsewhere (RFC 9113, 6.8) and closes the
 * connection after its last one. Not over TLS, where only the runtime can write.
 */

import { isBetweenFrames, type Sending } from "../../core/listeners/frame_boundary.ts";
import type { Clock, System } from "../../system/system.ts";
import type { Requests } from "../http/requests.ts";
import { flushTimeout } from "./drain.ts";

interface Connections {
  readonly ports: ReadonlySet<number>;
  /** Whether what is written to a connection of this port reaches its client as it is. */
  readonly isPlain: (port: number) => boolean;
}

interface Client {
  /** From then on the connection is one of HTTP/2: the runtime would have closed another one. Monotonic. */
  sureAt: number;
  /** Where its connection was found, and what was seen of it last. */
  found: { readonly descriptor: number; readonly sending: Sending } | null;
  /** While it never stops sending; `null` before it was looked at twice. */
  hold: Hold | null;
}

/** New requests of a connection wait now and then, so that what it sends comes to an end. */
interface Hold {
  /** Monotonic: when they wait, or when they have waited for long enough. */
  changesAt: number;
  /** Milliseconds for which they do not wait. */
  pause: number;
  /** Of those that wait; `null` if they do not. */
  waiting: PromiseWithResolvers<void> | null;
}

/** Milliseconds between two looks, at least: several turns of the event loop. */
const shortestPause = 8;

/** The looks take at most this part of the time: to find connections among 10,000 takes 50 ms. */
const share = 1 / 10;

/** Milliseconds in which most connections have a gap; each further time that requests do not wait is twice as long. */
const firstPause = 250;

/**
 * Milliseconds: what is being sent on loopback is sent by then, also if the client has little processor time. Without
 * it, 16 downloads in turn on one connection went on for 2-12 s after a reload.
 */
const longestHold = 2_000;

/** Type 7 on stream 0, with the highest stream there can be and no error: nothing is refused that has been asked. */
const goaway = new Uint8Array([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0]);

export class Goaways {
  readonly #sockets: System["sockets"];
  readonly #clock: Clock;
  readonly #requests: Pick<Requests, "peers">;
  readonly #connections: Connections;
  /** By port. */
  readonly #clients = new Map<number, Client>();
  readonly #told = new Set<number>();
  #isWaiting = false;

  constructor(
    { sockets, clock }: Pick<System, "sockets" | "clock">,
    requests: Pick<Requests, "peers">,
    connections: Connections,
  ) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#requests = requests;
    this.#connections = connections;
  }

  /**
   * To the client at this port. If it is not sure to be one of HTTP/2, it shows that by its connection, which the runtime
   * closes after an answer to HTTP/1.0.
   */
  add(peerPort: number, isSure: boolean): void {
    if (this.#told.has(peerPort)) return;
    const client = this.#clients.get(peerPort);
    const sureAt = isSure ? 0 : this.#clock.monotonic() + flushTimeout;
    if (client === undefined) this.#clients.set(peerPort, { sureAt, found: null, hold: null });
    else client.sureAt = Math.min(client.sureAt, sureAt);
    this.#wait(shortestPause);
  }

  /** Resolves when new requests of this client may go on; `null` if they need not wait. */
  heldBack(peerPort: number): Promise<void> | null {
    return this.#clients.get(peerPort)?.hold?.waiting?.promise ?? null;
  }

  #wait(ms: number): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#clock.after(ms, () => {
      this.#isWaiting = false;
      const start = this.#clock.monotonic();
      try {
        this.#look(start);
      } catch {
        // This system cannot say.
        for (const peerPort of this.#clients.keys()) this.#forget(peerPort);
      }
      const took = this.#clock.monotonic() - start;
      if (this.#clients.size > 0) this.#wait(Math.max(shortestPause, took / share));
    });
  }

  #look(now: number): void {
    const { inFlight } = this.#requests.peers();
    const unknown: [number, Client][] = [];
    for (const [peerPort, client] of this.#clients) {
      if (client.sureAt > 0 && inFlight.has(peerPort)) client.sureAt = now + flushTimeout;
      if (client.sureAt > now) continue;
      if (client.found === null) unknown.push([peerPort, client]);
      else this.#tell(peerPort, client, client.found);
    }
    if (unknown.length > 0) this.#find(unknown);
  }

  #find(clients: readonly [number, Client][]): void {
    const { ports, isPlain } = this.#connections;
    const { looks } = this.#sockets.look(ports, 0, Infinity, isPlain);
    const plain = new Map(
      looks.filter((look) => look.isPlain).map((look) => [look.peerPort, look.descriptor]),
    );
    for (const [peerPort, client] of clients) {
      const descriptor = plain.get(peerPort);
      const sending = descriptor === undefined ? null : this.#sockets.sending(descriptor);
      if (descriptor === undefined || sending === null) this.#forget(peerPort);
      else client.found = { descriptor, sending };
    }
  }

  #tell(
    peerPort: number,
    client: Client,
    { descriptor, sending: before }: NonNullable<Client["found"]>,
  ): void {
    const { ports, isPlain } = this.#connections;
    const sending = this.#sockets.sending(descriptor);
    // The descriptor may be that of another connection by now.
    if (sending === null || this.#sockets.lookAt(ports, descriptor, isPlain)?.peerPort !== peerPort) {
      this.#forget(peerPort);
    } else if (isBetweenFrames(before, sending)) {
      this.#sockets.send(descriptor, goaway);
      this.#told.add(peerPort);
      this.#forget(peerPort);
    } else {
      client.found = { descriptor, sending };
      this.#holdBack(client, this.#clock.monotonic());
    }
  }

  #holdBack(client: Client, now: number): void {
    const hold = client.hold ??= { changesAt: now + firstPause, pause: firstPause, waiting: null };
    if (now < hold.changesAt) return;
    if (hold.waiting === null) {
      hold.waiting = Promise.withResolvers();
      hold.changesAt = now + longestHold;
    } else {
      hold.waiting.resolve();
      hold.waiting = null;
      hold.pause *= 2;
      hold.changesAt = now + hold.pause;
    }
  }

  #forget(peerPort: number): void {
    this.#clients.get(peerPort)?.hold?.waiting?.resolve();
    this.#clients.delete(peerPort);
  }
}
