/**
 * The socket to which an old master sends copies of its listening sockets in an upgrade, or each of its workers, if the
 * old master has died.
 */

import { maxDescriptors } from "../../system/network/fd_passing.ts";
import type { FdInbox, System } from "../../system/system.ts";

const handoverTag = "handover";

export class HandoverInbox {
  readonly #system: System;
  readonly path: string;
  #inbox: FdInbox;
  /** The sockets that workers of a dead master have sent, by process id. */
  readonly #orphaned = new Map<number, readonly number[]>();

  /** Throws the error of the system. */
  constructor(system: System, path: string) {
    this.#system = system;
    this.path = path;
    this.#inbox = system.descriptors.open(path);
  }

  /** Opens it again if its file is gone. */
  reopen(): void {
    this.#inbox.close();
    this.#inbox = this.#system.descriptors.open(this.path);
  }

  /** The sockets that the old master has sent, in their order; `null` if they are not `count`. */
  fromMaster(count: number): readonly number[] | null {
    const received: number[] = [];
    for (const { tag, descriptors } of this.#inbox.receive()) {
      if (tag === handoverTag && received.length < count) received.push(...descriptors);
      else this.#close(descriptors);
    }
    if (received.length === count) return received;
    this.#close(received);
    return null;
  }

  /** The sockets of each of `workers`, `addressCount` each; `null` while some are missing. */
  fromWorkers(
    workers: readonly number[],
    addressCount: number,
  ): ReadonlyMap<number, readonly number[]> | null {
    const { sockets } = this.#system;
    for (const { sender, descriptors } of this.#inbox.receive()) {
      const isWanted = sender !== null && workers.includes(sender) && !this.#orphaned.has(sender) &&
        descriptors.length === addressCount && descriptors.every((own) => sockets.isListening(own));
      if (isWanted) this.#orphaned.set(sender, descriptors);
      else this.#close(descriptors);
    }
    if (!workers.every((pid) => this.#orphaned.has(pid))) return null;
    const found = new Map(workers.map((pid) => [pid, this.#orphaned.get(pid)!]));
    workers.forEach((pid) => this.#orphaned.delete(pid));
    return found;
  }

  /** No process would accept from the copies once their workers are gone; those in the inbox close with it. */
  close(): void {
    this.#orphaned.forEach((descriptors) => this.#close(descriptors));
    this.#orphaned.clear();
    this.#inbox.close();
  }

  #close(descriptors: readonly number[]): void {
    descriptors.forEach((descriptor) => this.#system.descriptors.close(descriptor));
  }
}

/** Sends copies of all sockets, in their order, to the inbox of a successor at `path`. */
export function handOver(
  { descriptors: passing }: System,
  path: string,
  descriptors: readonly number[],
): void {
  for (let from = 0; from < descriptors.length; from += maxDescriptors) {
    passing.send(path, handoverTag, descriptors.slice(from, from + maxDescriptors));
  }
}
