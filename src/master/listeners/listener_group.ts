/**
 * The master's copies of the listening sockets of all workers, in the order in which the kernel counts them: takes them
 * from the workers, installs programs on them, counts the connections that wait in their queues, and closes them. What
 * the programs say is decided in `steering.ts`.
 */

import { bridge, type Group, join, leave } from "../../core/listeners/reuseport_group.ts";
import { refusalProgram } from "../../core/listeners/refusal_program.ts";
import { encodeProgram, steeringProgram } from "../../core/listeners/steering_program.ts";
import type { System, TcpAddress } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

/** A worker's listening sockets, one for each address, in the order of the `bind` setting. */
export interface Member {
  /** `null` for a worker of the old master, during an upgrade. */
  readonly worker: WorkerHandle | null;
  readonly pid: number;
  readonly descriptors: readonly number[];
}

export class ListenerGroup {
  readonly #sockets: System["sockets"];
  readonly #descriptors: System["descriptors"];
  #members: Group<Member> = [];
  /** The indices in the installed program; `null` if none is installed for the present group. */
  #installed: string | null = null;
  /** Members whose sockets drop requests for new connections. */
  readonly #refusing = new WeakSet<Member>();
  /** Those of them that accept again in a moment. */
  #brief: readonly Member[] = [];

  constructor({ sockets, descriptors }: Pick<System, "sockets" | "descriptors">) {
    this.#sockets = sockets;
    this.#descriptors = descriptors;
  }

  /** In the order of their indices. */
  get members(): Group<Member> {
    return this.#members;
  }

  /** The members of this master's own workers. */
  get own(): Group<Member> {
    return this.#members.filter(({ worker }) => worker !== null);
  }

  /** Members whose sockets drop requests for new connections. */
  get refusing(): Group<Member> {
    return this.#members.filter((member) => this.#refusing.has(member));
  }

  isRefusing(member: Member): boolean {
    return this.#refusing.has(member);
  }

  /** It listens, after all others. */
  add(member: Member): void {
    this.#members = join(this.#members, member);
  }

  /**
   * The worker listens on `addresses`, after all others, and has sent its sockets. False if they did not arrive, or if it
   * sent others.
   */
  receive(worker: WorkerHandle, addresses: readonly TcpAddress[]): boolean {
    const descriptors = this.#sentLast(worker);
    const isComplete = descriptors.length === addresses.length &&
      descriptors.every((descriptor, index) =>
        this.#sockets.listeningPort(descriptor) === addresses[index]?.port
      );
    if (isComplete) this.add({ worker, pid: worker.process.pid, descriptors });
    else descriptors.forEach((descriptor) => this.#descriptors.close(descriptor));
    return isComplete;
  }

  /** Empty if the worker sent none. */
  #sentLast(worker: WorkerHandle): readonly number[] {
    let last: readonly number[] = [];
    for (const { descriptors } of worker.fdPair?.inbox.receive() ?? []) {
      // The app runs in the same process and may have sent anything.
      last.forEach((descriptor) => this.#descriptors.close(descriptor));
      last = descriptors;
    }
    return last;
  }

  /** The indices that are correct while `member` closes, as `bridge` finds them; `null` if it is the last one. */
  indicesWithout(member: Member, isReceiving: (member: Member) => boolean): readonly number[] | null {
    const after = leave(this.#members, member);
    return after.length === 0 ? null : bridge(this.#members, after, isReceiving);
  }

  /** Closes its sockets: the last member takes its place. */
  remove(member: Member): void {
    this.#close(member);
    this.#members = leave(this.#members, member);
    this.#installed = null;
  }

  /** Closes the sockets of all. */
  clear(): void {
    this.acceptAgain();
    this.#members.forEach((member) => this.#close(member));
    this.#members = [];
  }

  #close(member: Member): void {
    for (const descriptor of member.descriptors) {
      // Its worker may still have the socket and drain.
      if (this.#refusing.has(member)) this.#sockets.stopListening(descriptor);
      this.#descriptors.close(descriptor);
    }
  }

  /**
   * Only the members with these indices get new connections; without any, the kernel's hash decides. `indices` may
   * contain the one that the next listener will get. Returns the reason if the kernel refuses.
   */
  steer(indices: readonly number[]): string | null {
    const text = indices.join();
    if (text === this.#installed) return null;
    const program = encodeProgram(steeringProgram(this.#members.length + 1, indices));
    try {
      // A program that is attached to any socket counts for its whole group; each address has a group of its own.
      this.#members[0]?.descriptors.forEach((descriptor) => this.#sockets.steer(descriptor, program));
      this.#installed = text;
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Another master may have installed a program of its own. */
  forgetProgram(): void {
    this.#installed = null;
  }

  /**
   * A connection that is made now would wait in a queue that is reset in the end, after the client has sent its request.
   * A client whose first segment is dropped sends it again after a second and then reaches the next worker. If the kernel
   * moves waiting connections to another listener, they may wait in the queue, which is faster.
   */
  refuseUnlessMoved(member: Member): void {
    if (this.#refusing.has(member) || this.#sockets.areMigrated()) return;
    this.#refusing.add(member);
    try {
      this.#refuse(member);
    } catch {
      // Then they wait in the queue.
    }
  }

  /** The same for all of `members` that may get connections, until `acceptAgain`. */
  refuseBriefly(members: readonly Member[]): void {
    const accepting = members.filter((member) => !this.#refusing.has(member));
    accepting.forEach((member) => this.refuseUnlessMoved(member));
    this.#brief = accepting.filter((member) => this.#refusing.has(member));
  }

  acceptAgain(): void {
    for (const member of this.#brief) {
      // The numbers of one that has left may be those of other files by now.
      if (!this.#members.includes(member)) continue;
      this.#refusing.delete(member);
      member.descriptors.forEach((descriptor) => this.#sockets.endFilter(descriptor));
    }
    this.#brief = [];
  }

  /** From now on all members drop requests for new connections. False if the kernel cannot do it. */
  refuseAll(): boolean {
    try {
      // Also those of an old master, which are in the group until it is gone: the kernel may choose them now.
      this.#members.forEach((member) => this.#refuse(member));
    } catch {
      return false;
    }
    this.own.forEach((member) => this.#refusing.add(member));
    return true;
  }

  #refuse({ descriptors }: Member): void {
    const program = encodeProgram(refusalProgram);
    descriptors.forEach((descriptor) => this.#sockets.filter(descriptor, program));
  }

  /** How many connections wait to be accepted from `members`. */
  waitingAt(members: readonly Member[]): number {
    return members.flatMap(({ descriptors }) => descriptors)
      .reduce((count, descriptor) => count + this.#sockets.waiting(descriptor), 0);
  }

  /** Connections that wait at a dead member are lost: their clients learn it now, not when the next worker listens. */
  resetWaiting(member: Member): void {
    if (!this.#refusing.has(member)) return;
    member.descriptors.forEach((descriptor) => this.#sockets.resetWaiting(descriptor));
  }

  /** Ends the listening of this master's own workers: it stops for every copy of their sockets. */
  stopListening(): void {
    this.own.flatMap(({ descriptors }) => descriptors)
      .forEach((descriptor) => this.#sockets.stopListening(descriptor));
  }

  /** False while processes listen that this master does not know: their place in the kernel's order is unknown. */
  get isOrderKnown(): boolean {
    const count = this.#members.length;
    const siblings = this.#members[0]?.descriptors.map((own) => this.#sockets.siblings(own)) ?? [];
    return siblings.every((found) => found === null || found === count);
  }
}
