/**
 * Ends connections whose last response has said `Connection: close`, where the runtime only says it. Many at a time: a
 * look through all connections takes a millisecond for 500 of them. Nothing that is on its way to a client is lost, because
 * only reading is ended: the runtime closes the connection when it wants to read the next request.
 */

import type { Clock, System } from "../../system/system.ts";
import type { Requests } from "../http/requests.ts";

/** Milliseconds from a response until its connection ends, at least: the runtime has taken the response by then. */
const shortestPause = 20;

/** The looks take at most this part of the time. */
const share = 1 / 20;

/** A response that is a stream may take long, so its connection is looked for less and less often. Milliseconds. */
const longestPause = 250;

/**
 * Milliseconds without data from its client after which a connection ends while the worker drains. Each answer announces an
 * end then, also over HTTP/2, which says by its next request what it is if that has a Host, as those of HAProxy have: with
 * `proto h2` and no retries 38 of 40,300 requests failed in 20 reloads, now none of 101,000 in 40.
 */
const quietTime = 500;

export class AnnouncedEnds {
  readonly #sockets: System["sockets"];
  readonly #clock: Clock;
  readonly #requests: Pick<Requests, "peers" | "http2" | "isDraining">;
  readonly #ports: () => ReadonlySet<number>;
  #announced = new Set<number>();
  #isWaiting = false;
  #pause = shortestPause;

  constructor(
    { sockets, clock }: Pick<System, "sockets" | "clock">,
    requests: Pick<Requests, "peers" | "http2" | "isDraining">,
    ports: () => ReadonlySet<number>,
  ) {
    this.#sockets = sockets;
    this.#clock = clock;
    this.#requests = requests;
    this.#ports = ports;
  }

  /** The port of the client whose response was just answered; 0 if it is unknown. */
  add(peerPort: number): void {
    if (peerPort === 0) return;
    this.#announced.add(peerPort);
    this.#wait();
  }

  #wait(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#clock.after(this.#pause, () => {
      this.#isWaiting = false;
      this.#endThem();
    });
  }

  #endThem(): void {
    const start = this.#clock.monotonic();
    const { inFlight } = this.#requests.peers();
    const { ports: http2 } = this.#requests.http2;
    const over = new Set<number>();
    const sending = new Set<number>();
    for (const port of this.#announced) {
      // It has turned out to be none of HTTP/1 since.
      if (!http2.has(port)) (inFlight.has(port) ? sending : over).add(port);
    }
    this.#announced = sending;
    if (over.size > 0) this.#stopReading(over).forEach((port) => sending.add(port));
    const wanted = over.size > 0 ? (this.#clock.monotonic() - start) / share : 2 * this.#pause;
    this.#pause = Math.min(Math.max(shortestPause, wanted), longestPause);
    if (sending.size > 0) this.#wait();
  }

  /** Returns the ports of clients that have nothing of their response yet, or whose connection is not quiet yet. */
  #stopReading(peerPorts: ReadonlySet<number>): number[] {
    const late: number[] = [];
    const quiet = this.#requests.isDraining ? quietTime : 0;
    try {
      const { looks } = this.#sockets.look(this.#ports(), 0, Infinity, () => true);
      for (const { descriptor, peerPort, received, taken, sinceReceived } of looks) {
        if (!peerPorts.has(peerPort)) continue;
        // Another client may have got the port since, and its request may be on its way to the runtime.
        if (received > 0 && (taken === 0 || sinceReceived < quiet)) late.push(peerPort);
        else if (taken > 0) this.#sockets.stopReading(descriptor);
      }
    } catch {
      // This system cannot say.
    }
    return late;
  }
}
