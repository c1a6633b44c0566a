/**
 * Decides which worker the kernel gives a new connection. The master holds a copy of every worker's listening
 * sockets: so none of them leaves its SO_REUSEPORT group behind the master's back, not even with `kill -9`, and
 * the order that the steering program counts by is known for certain.
 */

import { bridge, type Group, join, leave } from "../core/reuseport_group.ts";
import { refusalProgram } from "../core/refusal_program.ts";
import { encodeProgram, steeringProgram } from "../core/steering_program.ts";
import type { Logger } from "../log/logger.ts";
import type { Settings } from "../settings/settings.ts";
import { mostDescriptors } from "../system/descriptor_post.ts";
import type { DescriptorPost, System } from "../system/system.ts";
import type { Child } from "./child.ts";

/** A worker's listening sockets, one for each address, in the order of the `bind` setting. */
interface Member {
  /** `null` for the worker of a master that this one succeeds. */
  readonly child: Child | null;
  readonly pid: number;
  readonly descriptors: readonly number[];
}

/** Steering as the settings want it and this host allows it. */
export function openSteering(
  system: System,
  logger: Logger,
  mode: Settings["steering"],
  postBox: string,
): Steering {
  if (mode === "off") return new Steering(system, logger, null, null);
  try {
    return new Steering(system, logger, postBox, system.descriptors.open(postBox));
  } catch (error) {
    logger.warning`${noSteering(error instanceof Error ? error.message : String(error))}`;
    return new Steering(system, logger, null, null);
  }
}

function noSteering(reason: string): string {
  return `steering is off: ${reason}: new connections are spread by the kernel's hash, and a worker that ends ` +
    "may reset those that wait for it; `denicorn doctor` says what this host supports";
}

const handoverNote = "handover";

export class Steering {
  readonly #system: System;
  readonly #logger: Logger;
  #post: DescriptorPost | null;
  #group: Group<Member> = [];
  /** The indices in the installed program; `null` before there is one. */
  #installed: string | null = null;
  #eligible: ReadonlySet<Child> = new Set();
  /** During an upgrade nobody leaves the group: both masters count by the same order. */
  #isFrozen = false;
  /** Another master steers. */
  #isSuspended = false;
  /** Told to listen: the kernel may have it in its group already, this master has not. */
  #expected: Child | null = null;
  /** Those that went while the order must not change. */
  #departed: Member[] = [];
  /** What came from processes that have not been asked for yet, by process id. */
  readonly #arrived = new Map<string, readonly number[]>();
  readonly #postBox: string | null;

  /** `post`, open at `postBox`, is where workers send their listeners; `null` leaves all to the kernel's hash. */
  constructor(system: System, logger: Logger, postBox: string | null, post: DescriptorPost | null) {
    this.#system = system;
    this.#logger = logger;
    this.#postBox = postBox;
    this.#post = post;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get isOn(): boolean {
    return this.#post !== null;
  }

  /** Where a worker shall send its listeners. */
  get postBox(): string | null {
    return this.isOn ? this.#postBox : null;
  }

  /** Opens the post box anew, where its file is gone; what lies in the old one is taken out first. */
  reopen(): void {
    if (this.#post === null || this.#postBox === null) return;
    this.#empty();
    this.#post.close();
    this.#post = this.#system.descriptors.open(this.#postBox);
  }

  /**
   * The worker is told to listen. Until it has joined or is gone nobody leaves: the kernel would move it, the last
   * of its group, into the hole, and this master would count it as the last afterwards.
   */
  expect(child: Child): void {
    this.#expected = child;
  }

  /** The worker listens since now, and has sent its listeners under its process id. */
  join(child: Child): void {
    if (this.#post === null) return;
    const delivery = this.#collect(child.process.pid);
    if (delivery === null || delivery.length !== child.generation.settings.bind.length) {
      return this.giveUp(`the listeners of worker ${child.slot} did not arrive`);
    }
    this.#group = join(this.#group, { child, pid: child.process.pid, descriptors: delivery });
    this.#dismiss(child);
  }

  /** The worker is gone: its sockets leave the group now, and not before. */
  leave(child: Child): void {
    if (this.#post === null) return;
    this.#collect(child.process.pid)?.forEach((descriptor) => this.#system.sockets.close(descriptor));
    const member = this.#group.find((member) => member.child === child);
    if (member !== undefined) this.#departed.push(member);
    this.#dismiss(child);
  }

  /** Whoever was waited for, `child` is that no longer. */
  #dismiss(child: Child): void {
    if (this.#expected === child) this.#expected = null;
    this.#removeDeparted();
  }

  #removeDeparted(): void {
    if (this.#isFrozen || this.#expected !== null) return;
    for (const member of this.#departed.splice(0)) if (this.#group.includes(member)) this.#remove(member);
  }

  #remove(member: Member): void {
    const after = leave(this.#group, member);
    if (after.length > 0) this.#install(bridge(this.#group, after, (member) => this.#isEligible(member)));
    this.#close(member);
    this.#group = after;
    this.#installed = null;
    this.update(this.#eligible);
  }

  /** How many connections wait in the queues of this master's workers; `null` without copies of their sockets. */
  waiting(): number | null {
    if (this.#post === null) return null;
    return this.#own.reduce((count, descriptor) => count + this.#system.sockets.waiting(descriptor), 0);
  }

  /** From now on only these get new connections; if there are none, the kernel's hash chooses among all. */
  update(eligible: ReadonlySet<Child>): void {
    this.#eligible = eligible;
    if (this.#group.length === 0) return;
    this.#install(this.#group.flatMap((member, index) => this.#isEligible(member) ? [index] : []));
  }

  /** Workers of an old master that is gone serve until one of this master can. */
  #isEligible({ child }: Member): boolean {
    return child === null ? this.#eligible.size === 0 : this.#eligible.has(child);
  }

  /**
   * Sends copies of all sockets, in their order, to a successor, and keeps the group as it is. Gives the processes
   * that they belong to.
   */
  handOver(postBox: string): number[] {
    this.#isFrozen = true;
    const descriptors = this.#group.flatMap((member) => member.descriptors);
    for (let from = 0; from < descriptors.length; from += mostDescriptors) {
      this.#system.descriptors.send(postBox, handoverNote, descriptors.slice(from, from + mostDescriptors));
    }
    return this.#group.map(({ pid }) => pid);
  }

  /** Takes what a predecessor has sent: `each` sockets of every process in `workers`. Steers only after `takeOver`. */
  adopt(workers: readonly number[], each: number): void {
    if (this.#post === null) return;
    this.#isFrozen = true;
    this.#isSuspended = true;
    const descriptors = this.#post.receive()
      .filter(({ note }) => note === handoverNote).flatMap((delivery) => delivery.descriptors);
    if (descriptors.length !== workers.length * each) {
      return this.giveUp("the listeners of the old master did not arrive");
    }
    workers.forEach((pid, index) => {
      const own = descriptors.slice(index * each, (index + 1) * each);
      this.#group = join(this.#group, { child: null, pid, descriptors: own });
    });
  }

  /** False while others listen than this master knows: where they stand in the kernel's order nobody can tell. */
  get isOrderKnown(): boolean {
    const count = this.#group.length;
    const siblings = this.#group[0]?.descriptors.map((own) => this.#system.sockets.siblings(own)) ?? [];
    return siblings.every((found) => found === null || found === count);
  }

  /** From now on the successor steers. */
  suspend(): void {
    this.#isSuspended = true;
  }

  /** From now on this master steers, or goes on to; what has gone meanwhile leaves the group. */
  takeOver(): void {
    this.#isSuspended = false;
    this.update(this.#eligible);
    this.#isFrozen = false;
    this.#removeDeparted();
  }

  /** These workers of the old master are gone, and so is that: nobody else holds their sockets. */
  releaseAdopted(gone: ReadonlySet<number>): void {
    this.#departed.push(...this.#group.filter(({ child, pid }) => child === null && gone.has(pid)));
    this.#removeDeparted();
  }

  /**
   * Lets nobody new in, while those who wait or are about to are still served. False where that cannot be done: the
   * sockets are not here, or another master counts on them.
   */
  refuse(): boolean {
    if (this.#post === null || this.#isSuspended || this.#isFrozen) return false;
    const program = encodeProgram(refusalProgram);
    try {
      this.#own.forEach((descriptor) => this.#system.sockets.filter(descriptor, program));
      return true;
    } catch {
      return false;
    }
  }

  /** Nobody listens any more: new connections are refused, wherever copies of the sockets are. */
  shut(): void {
    this.#own.forEach((descriptor) => this.#system.sockets.stopListening(descriptor));
    this.release();
  }

  /** The listening sockets of this master's workers. */
  get #own(): readonly number[] {
    return this.#group.flatMap(({ child, descriptors }) => child === null ? [] : descriptors);
  }

  /** Leaves the order to the kernel and the sockets to their workers, as before a stop. */
  release(): void {
    this.#group.forEach((member) => this.#close(member));
    this.#group = [];
    this.#post?.close();
    this.#post = null;
  }

  /** Where it cannot work the server still can. */
  giveUp(reason: string): void {
    if (this.#post === null) return;
    this.#logger.warning`${noSteering(reason)}`;
    if (this.#group.length > 0) this.#tryToSteer([]);
    this.release();
  }

  #install(indices: readonly number[]): void {
    const text = indices.join();
    if (this.#isSuspended || text === this.#installed) return;
    const failure = this.#tryToSteer(indices);
    if (failure === null) this.#installed = text;
    else this.giveUp(failure);
  }

  /** Gives the reason if the kernel refuses. */
  #tryToSteer(indices: readonly number[]): string | null {
    const program = encodeProgram(steeringProgram(this.#group.length, indices));
    try {
      // Any socket of a group speaks for the whole group; each address has a group of its own.
      this.#group[0]?.descriptors.forEach((descriptor) => this.#system.sockets.steer(descriptor, program));
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  #empty(): void {
    for (const { note, descriptors } of this.#post?.receive() ?? []) this.#arrived.set(note, descriptors);
  }

  /** What came from this process; what came from one that has ended meanwhile is not kept. */
  #collect(pid: number): readonly number[] | null {
    this.#empty();
    const found = this.#arrived.get(String(pid)) ?? null;
    this.#arrived.delete(String(pid));
    return found;
  }

  #close({ descriptors }: Member): void {
    descriptors.forEach((descriptor) => this.#system.sockets.close(descriptor));
  }
}
