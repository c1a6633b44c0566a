/**
 * Workers boot side by side but listen one after another: the kernel keeps its group of sockets in the order of
 * `listen()`, and the steering program must know that order.
 */

import { listenTimeout } from "../../core/pool/worker_state.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import type { Clock, ListenAddress, TcpAddress } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import type { Steering } from "./steering.ts";

/**
 * The same for a worker that serves and lost its listeners (ms): it has requests in flight, so it gets as long as the
 * default `timeout` of a blocked event loop, which may be off.
 */
const servingListenTimeout = 30_000;

interface Places {
  /** The setting. */
  readonly bind: readonly ListenAddress[];
  /** It has its default value. */
  readonly isBindDefault?: boolean;
  /** Where the old master of an upgrade listens. */
  readonly inForce?: readonly string[] | null;
}

export class ListenOrder {
  readonly #clock: Clock;
  readonly #steering: Steering;
  readonly #waiting: WorkerHandle[] = [];
  #current: WorkerHandle | null = null;
  #deadline = Infinity;
  readonly #bind: readonly ListenAddress[];
  readonly #isBindDefault: boolean;
  #addresses: readonly ListenAddress[];
  /** The same, with names of hosts as they were given. */
  #stated: readonly ListenAddress[];
  #hasListened = false;
  /** What workers may ask for, as text: what the first one did; `null` until then. */
  #granted: string | null;
  #isHeld = false;

  constructor(clock: Clock, steering: Steering, { bind, isBindDefault = false, inForce = null }: Places) {
    this.#clock = clock;
    this.#steering = steering;
    this.#bind = bind;
    this.#isBindDefault = isBindDefault;
    this.#addresses = this.#stated = bind;
    this.#granted = inForce === null
      ? null
      : isBindDefault
      ? inForce.join(", ")
      : [...bind.map(formatAddress), ...inForce.slice(bind.length)].join(", ");
  }

  /** Where workers listen; once one does, with the real port in place of port 0. */
  get addresses(): readonly ListenAddress[] {
    return this.#addresses;
  }

  /** Those of the setting, and whether programs may ask for others. */
  get places(): { readonly listen: readonly ListenAddress[]; readonly isBindDefault: boolean } {
    const isBindDefault = this.#isBindDefault;
    return {
      listen: isBindDefault ? this.#bind : this.#addresses.slice(0, this.#bind.length),
      isBindDefault,
    };
  }

  /** What the workers of a successor have to ask for: workers report numbers even where a name was given. */
  get stated(): readonly ListenAddress[] {
    return this.#stated;
  }

  /** True until a worker has asked where to listen. */
  get isOpen(): boolean {
    return this.#granted === null;
  }

  /**
   * A worker asks to listen on `asked`, or else on `bind`. The first one decides. Returns why this one may not; `null` if
   * it may.
   */
  grant(asked: readonly ListenAddress[] = this.#bind): string | null {
    const addresses = this.#isBindDefault
      ? asked
      : [...this.places.listen, ...asked.slice(this.#bind.length)];
    const text = textOf(this.#isBindDefault ? asked : [...this.#bind, ...asked.slice(this.#bind.length)]);
    this.#granted ??= text;
    if (this.#granted !== text) {
      return `it asks to listen on ${text}, and the server listens on ${this.#granted}, which only a restart ` +
        "changes: let all workers ask for the same, restart the server, or say with --bind where it listens";
    }
    if (!this.#hasListened) this.#addresses = this.#stated = addresses;
    return null;
  }

  /** No worker listens until `release` is called. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    this.#next();
  }

  /** The worker has loaded its app, or has lost its listeners and can open new ones. */
  queue(worker: WorkerHandle): void {
    // During an upgrade both masters count on the same order: a worker that lost its listeners asks again later.
    if (worker.state.is === "ready" && this.#steering.isFrozen) return;
    if (this.#current !== worker && !this.#waiting.includes(worker)) this.#waiting.push(worker);
    this.#next();
  }

  /** Whether a worker that was asked to listen can listen on `addresses`: only a port 0 leaves it a choice. */
  accepts(addresses: readonly ListenAddress[]): boolean {
    return addresses.length === this.#addresses.length &&
      this.#addresses.every(({ port }, index) => port === 0 || port === addresses[index]?.port);
  }

  /**
   * The worker listens on `addresses`. `sharingFailure` says why the master did not get its sockets. Returns why the
   * worker cannot stay; `null` if it can.
   */
  join(
    worker: WorkerHandle,
    addresses: readonly ListenAddress[],
    sharingFailure: string | undefined,
  ): string | null {
    const failure = sharingFailure ??
      (this.#steering.join(worker, addresses)
        ? null
        : `the listeners of worker ${worker.slot} did not arrive`);
    if (failure !== null) {
      // The host can share sockets, so it is this worker that cannot, and it stands at an unknown place in its group.
      if (this.#steering.hasJoined && this.#steering.isOn) return failure;
      this.#steering.giveUp(failure);
    }
    if (!this.#hasListened) {
      this.#addresses = this.#addresses.map((own, index) => resolved(own, addresses[index] ?? own));
      this.#stated = this.#stated.map(({ hostname }, index) => ({
        hostname,
        port: this.#addresses[index]!.port,
      }));
    }
    this.#hasListened = true;
    this.#finish(worker);
    return null;
  }

  /** The worker does not listen any more, or never will. */
  leave(worker: WorkerHandle): void {
    this.#steering.leave(worker);
    this.#finish(worker);
  }

  /** Kills a worker that does not listen when it is its turn. */
  tick(): void {
    const now = this.#clock.monotonic();
    if (this.#current === null || now < this.#deadline) return;
    const because = this.#current.hasBeenReady ? "lost-listeners" : "listen-timeout";
    this.#current.apply({ type: "kill", because }, now);
  }

  #finish(worker: WorkerHandle): void {
    const index = this.#waiting.indexOf(worker);
    if (index >= 0) this.#waiting.splice(index, 1);
    if (this.#current === worker) this.#current = null;
    this.#next();
  }

  #next(): void {
    if (this.#current !== null || this.#isHeld) return;
    const worker = this.#current = this.#waiting.shift() ?? null;
    if (worker === null) return;
    const timeout = worker.state.is === "booting" ? listenTimeout : servingListenTimeout;
    this.#deadline = this.#clock.monotonic() + timeout;
    this.#steering.expect(worker);
    worker.send({ type: "listen" });
  }
}

function textOf(addresses: readonly ListenAddress[]): string {
  return addresses.map(formatAddress).join(", ");
}

/** `own` with what only the worker knows: the number of a port 0, and the address of a name. */
function resolved(own: ListenAddress, { hostname, port }: TcpAddress): ListenAddress {
  const isName = !isIp(own.hostname);
  return { ...own, hostname: isName && isIp(hostname) ? hostname : own.hostname, port };
}

function isIp(hostname: string): boolean {
  return /^[\d.]+$|:/.test(hostname);
}
