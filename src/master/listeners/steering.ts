/**
 * Decides which worker the kernel gives a new connection. The master holds a copy of every worker's listening
 * sockets: so none of them leaves its SO_REUSEPORT group behind the master's back, not even with `kill -9`, and
 * the order that the steering program counts by is known for certain.
 */

import { bridge, type Group, join, leave } from "../../core/listeners/reuseport_group.ts";
import { refusalProgram } from "../../core/listeners/refusal_program.ts";
import { encodeProgram, steeringProgram } from "../../core/listeners/steering_program.ts";
import type { Logger } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import { maxDescriptors } from "../../system/fd_passing.ts";
import type { FdInbox, System } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

/** A worker's listening sockets, one for each address, in the order of the `bind` setting. */
interface Member {
  /** `null` for the worker of a master that this one succeeds. */
  readonly worker: WorkerHandle | null;
  readonly pid: number;
  readonly descriptors: readonly number[];
}

/** Steering as the settings want it and this host allows it. */
export function openSteering(
  system: System,
  logger: Logger,
  mode: Settings["steering"],
  fdInbox: string,
): Steering {
  if (mode === "off") return new Steering(system, logger, null, null);
  try {
    return new Steering(system, logger, fdInbox, system.descriptors.open(fdInbox));
  } catch (error) {
    logger.warning`${noSteering(error instanceof Error ? error.message : String(error))}`;
    return new Steering(system, logger, null, null);
  }
}

function noSteering(reason: string): string {
  return `steering is off: ${reason}: new connections are spread by the kernel's hash, and a worker that ends ` +
    "may reset those that wait for it; `denicorn doctor` says what this host supports";
}

const handoverTag = "handover";

export class Steering {
  readonly #system: System;
  readonly #logger: Logger;
  #inbox: FdInbox | null;
  #group: Group<Member> = [];
  /** The indices in the installed program; `null` before there is one. */
  #installed: string | null = null;
  #eligible: ReadonlySet<WorkerHandle> = new Set();
  /** During an upgrade nobody leaves the group: both masters count by the same order. */
  #isFrozen = false;
  /** Another master steers. */
  #isSuspended = false;
  /** Told to listen: the kernel may have it in its group already, this master has not. */
  #expected: WorkerHandle | null = null;
  /** Those that went while the order must not change. */
  #departed: Member[] = [];
  /** What came from processes that have not been asked for yet, by process id. */
  readonly #arrived = new Map<string, readonly number[]>();
  readonly #fdInbox: string | null;

  /** `post`, open at `postBox`, is where workers send their listeners; `null` leaves all to the kernel's hash. */
  constructor(system: System, logger: Logger, fdInbox: string | null, inbox: FdInbox | null) {
    this.#system = system;
    this.#logger = logger;
    this.#fdInbox = fdInbox;
    this.#inbox = inbox;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  get isOn(): boolean {
    return this.#inbox !== null;
  }

  /** Where a worker shall send its listeners. */
  get fdInbox(): string | null {
    return this.isOn ? this.#fdInbox : null;
  }

  /** Opens the post box anew, where its file is gone; what lies in the old one is taken out first. */
  reopen(): void {
    if (this.#inbox === null || this.#fdInbox === null) return;
    this.#empty();
    this.#inbox.close();
    this.#inbox = this.#system.descriptors.open(this.#fdInbox);
  }

  /**
   * The worker is told to listen. Until it has joined or is gone nobody leaves: the kernel would move it, the last
   * of its group, into the hole, and this master would count it as the last afterwards.
   */
  expect(worker: WorkerHandle): void {
    this.#expected = worker;
  }

  /** The worker listens since now, and has sent its listeners under its process id. */
  join(worker: WorkerHandle): void {
    if (this.#inbox === null) return;
    const received = this.#collect(worker.process.pid);
    if (received === null || received.length !== worker.generation.settings.bind.length) {
      return this.giveUp(`the listeners of worker ${worker.slot} did not arrive`);
    }
    this.#group = join(this.#group, { worker, pid: worker.process.pid, descriptors: received });
    this.#dismiss(worker);
  }

  /** The worker is gone: its sockets leave the group now, and not before. */
  leave(worker: WorkerHandle): void {
    if (this.#inbox === null) return;
    this.#collect(worker.process.pid)?.forEach((descriptor) => this.#system.sockets.close(descriptor));
    const member = this.#group.find((member) => member.worker === worker);
    if (member !== undefined) this.#departed.push(member);
    this.#dismiss(worker);
  }

  /** Whoever was waited for, `child` is that no longer. */
  #dismiss(worker: WorkerHandle): void {
    if (this.#expected === worker) this.#expected = null;
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
    if (this.#inbox === null) return null;
    return this.#own.reduce((count, descriptor) => count + this.#system.sockets.waiting(descriptor), 0);
  }

  /** From now on only these get new connections; if there are none, the kernel's hash chooses among all. */
  update(eligible: ReadonlySet<WorkerHandle>): void {
    this.#eligible = eligible;
    if (this.#group.length === 0) return;
    this.#install(this.#group.flatMap((member, index) => this.#isEligible(member) ? [index] : []));
  }

  /** Workers of an old master that is gone serve until one of this master can. */
  #isEligible({ worker }: Member): boolean {
    return worker === null ? this.#eligible.size === 0 : this.#eligible.has(worker);
  }

  /**
   * Sends copies of all sockets, in their order, to a successor, and keeps the group as it is. Gives the processes
   * that they belong to.
   */
  handOver(fdInbox: string): number[] {
    this.#isFrozen = true;
    const descriptors = this.#group.flatMap((member) => member.descriptors);
    for (let from = 0; from < descriptors.length; from += maxDescriptors) {
      this.#system.descriptors.send(fdInbox, handoverTag, descriptors.slice(from, from + maxDescriptors));
    }
    return this.#group.map(({ pid }) => pid);
  }

  /** Takes what a predecessor has sent: `each` sockets of every process in `workers`. Steers only after `takeOver`. */
  adopt(workers: readonly number[], each: number): void {
    if (this.#inbox === null) return;
    this.#isFrozen = true;
    this.#isSuspended = true;
    const descriptors = this.#inbox.receive()
      .filter(({ tag }) => tag === handoverTag).flatMap((received) => received.descriptors);
    if (descriptors.length !== workers.length * each) {
      return this.giveUp("the listeners of the old master did not arrive");
    }
    workers.forEach((pid, index) => {
      const own = descriptors.slice(index * each, (index + 1) * each);
      this.#group = join(this.#group, { worker: null, pid, descriptors: own });
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
    this.#departed.push(...this.#group.filter(({ worker, pid }) => worker === null && gone.has(pid)));
    this.#removeDeparted();
  }

  /**
   * Lets nobody new in, while those who wait or are about to are still served. False where that cannot be done: the
   * sockets are not here, or another master counts on them.
   */
  refuse(): boolean {
    if (this.#inbox === null || this.#isSuspended || this.#isFrozen) return false;
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
    return this.#group.flatMap(({ worker, descriptors }) => worker === null ? [] : descriptors);
  }

  /** Leaves the order to the kernel and the sockets to their workers, as before a stop. */
  release(): void {
    this.#group.forEach((member) => this.#close(member));
    this.#group = [];
    this.#inbox?.close();
    this.#inbox = null;
  }

  /** Where it cannot work the server still can. */
  giveUp(reason: string): void {
    if (this.#inbox === null) return;
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
    for (const { tag, descriptors } of this.#inbox?.receive() ?? []) this.#arrived.set(tag, descriptors);
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
