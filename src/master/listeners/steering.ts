/**
 * Decides which worker the kernel gives a new connection. The master holds copies of the listening sockets of all
 * workers. So no socket leaves its SO_REUSEPORT group without the master, not even after `kill -9` of its worker, and
 * the master always knows the order in which the steering program counts.
 */

import { receivers, type Standing } from "../../core/listeners/receivers.ts";
import type { Logger } from "../../log/logger.ts";
import type { Settings } from "../../settings/settings.ts";
import { showDuration } from "../../settings/kinds/duration.ts";
import type { System, TcpAddress } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";
import { handOver, HandoverInbox } from "./handover_inbox.ts";
import { ListenerGroup, type Member } from "./listener_group.ts";

/** Steering according to the `steering` setting, if this host supports it. */
export function openSteering(
  system: System,
  logger: Logger,
  mode: Settings["steering"],
  fdInbox: string,
): Steering {
  if (mode === "off") return new Steering(system, logger, null);
  try {
    return new Steering(system, logger, new HandoverInbox(system, fdInbox));
  } catch (error) {
    logger.warning`${noSteering(error instanceof Error ? error.message : String(error))}`;
    return new Steering(system, logger, null);
  }
}

function noSteering(reason: string): string {
  return `steering is off: ${reason}: the kernel spreads new connections by its hash, and a worker that ends may ` +
    "reset those that wait in its queue; see `denicorn doctor` for what this host supports";
}

export class Steering {
  readonly #system: System;
  readonly #logger: Logger;
  /** `null` with steering off. */
  #inbox: HandoverInbox | null;
  readonly #group: ListenerGroup;
  #eligible: ReadonlySet<WorkerHandle> = new Set();
  /** Of those that may get new connections, the ones that do; `null` if all do. */
  #preferred: ReadonlySet<WorkerHandle> | null = null;
  /** Another worker will listen if none does now. */
  #awaitsWorker = false;
  /** Since when no process accepts while another worker is awaited, by the monotonic clock. */
  #waitingSince: number | null = null;
  #hasWaitedTooLong = false;
  /** During an upgrade no socket leaves the group: both masters count in the same order. */
  #isFrozen = false;
  /** True while another master steers. */
  #isSuspended = false;
  /** A worker that was asked to listen: the kernel may already have its sockets in the group, this master does not. */
  #expected: WorkerHandle | null = null;
  /** Members that left while the order must not change. */
  readonly #departed = new Set<Member>();
  #hasJoined = false;

  /** An old master sends its sockets to `inbox`. With `null` the kernel's hash decides. */
  constructor(system: System, logger: Logger, inbox: HandoverInbox | null) {
    this.#system = system;
    this.#logger = logger;
    this.#inbox = inbox;
    this.#group = new ListenerGroup(system);
  }

  /** True during an upgrade, from the start of the successor until one of the masters steers alone. */
  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** True if a worker that drains leaves its new connections to other workers. */
  get isOn(): boolean {
    return this.#inbox !== null;
  }

  /** Path of the socket to which an old master sends its listening sockets; `null` with steering off. */
  get fdInbox(): string | null {
    return this.#inbox?.path ?? null;
  }

  /** True once it is certain that workers on this host can share their sockets: one did. */
  get hasJoined(): boolean {
    return this.#hasJoined;
  }

  /** Opens the inbox again if its file is gone. */
  reopen(): void {
    this.#inbox?.reopen();
  }

  /**
   * The worker is asked to listen. Until it has joined or is gone no member leaves the group: the kernel fills a gap
   * with the last socket, which may be this one, and this master would still count it as the last.
   */
  expect(worker: WorkerHandle): void {
    this.#expected = worker;
  }

  /**
   * The worker listens on `addresses` now, and has sent its sockets. False if they did not arrive, or if it sent others:
   * it cannot be counted.
   */
  join(worker: WorkerHandle, addresses: readonly TcpAddress[]): boolean {
    if (this.#inbox === null) return true;
    if (!this.#group.receive(worker, addresses)) return false;
    this.#hasJoined = true;
    this.#stopExpecting(worker);
    return true;
  }

  /** The worker is gone, or stopped listening: its sockets leave the group. */
  leave(worker: WorkerHandle): void {
    if (this.#inbox === null) return;
    const member = this.#group.members.find((member) => member.worker === worker);
    if (member !== undefined) this.#departed.add(member);
    this.#stopExpecting(worker);
  }

  /** Stops waiting for `worker`. */
  #stopExpecting(worker: WorkerHandle): void {
    if (this.#expected === worker) this.#expected = null;
    this.#removeDeparted();
  }

  #removeDeparted(): void {
    if (this.#isFrozen || this.#expected !== null || this.#isWaiting) return;
    for (const member of this.#departed) {
      if (this.#group.members.includes(member)) this.#remove(member);
      this.#departed.delete(member);
    }
  }

  #remove(member: Member): void {
    const receiving = new Set(this.#receivers.map((index) => this.#group.members[index]!));
    const lasting = this.#group.indicesWithout(member, (member) => receiving.has(member));
    if (lasting?.length === 0) {
      // The one that receives moves, so no index names it before and after: for a moment the kernel's hash decides. No
      // connection must wait at the others, which are dead, or drain and may end in this moment.
      const others = this.#group.members.filter((member) => !receiving.has(member));
      if (receiving.size > 0) this.#group.refuseBriefly(others);
    }
    if (lasting !== null) this.#install(lasting);
    // If the kernel refused, all are gone.
    if (!this.#group.members.includes(member)) return;
    this.#group.remove(member);
    this.#steer();
    this.#group.acceptAgain();
  }

  /** How many connections wait to be accepted by workers of this master; `null` if only the workers have the sockets. */
  get backlog(): number | null {
    if (this.#inbox === null) return null;
    return this.#group.waitingAt(this.#group.own);
  }

  /**
   * From now on only `eligible` workers get new connections; without any, all that still accept. If none does and
   * another one is awaited (`awaitsWorker`), the listeners of the dead ones stay open for it.
   */
  update(eligible: ReadonlySet<WorkerHandle>, awaitsWorker: boolean): void {
    this.#eligible = eligible;
    this.#awaitsWorker = awaitsWorker;
    this.#removeDeparted();
    this.#steer();
  }

  #steer(): void {
    const indices = this.#receivers;
    if (!this.#isWaiting) {
      this.#waitingSince = null;
      if (indices.length > 0) this.#hasWaitedTooLong = false;
      if (this.#group.members.length > 0) this.#install(this.#preferredAmong(indices));
      return;
    }
    this.#waitingSince ??= this.#system.clock.monotonic();
    this.#group.members.forEach((member) => this.#group.refuseUnlessMoved(member));
    this.#departed.forEach((member) => this.#group.resetWaiting(member));
    // The next worker that listens gets this index. Until then the kernel's hash picks one of those that are kept.
    this.#install([this.#group.members.length]);
  }

  /** The workers that may get new connections, each with the number of connections that wait for it. */
  receiving(): { readonly worker: WorkerHandle; readonly waiting: number }[] {
    return this.#receivers.flatMap((index) => {
      const member = this.#group.members[index]!;
      return member.worker === null
        ? []
        : [{ worker: member.worker, waiting: this.#group.waitingAt([member]) }];
    });
  }

  /** From now on only these of the workers that may get new connections do, as far as there are any; `null`: all do. */
  prefer(workers: ReadonlySet<WorkerHandle> | null): void {
    if (workers === this.#preferred) return;
    this.#preferred = workers;
    this.#steer();
  }

  #preferredAmong(indices: readonly number[]): readonly number[] {
    const preferred = this.#preferred;
    if (preferred === null) return indices;
    const found = indices.filter((index) => {
      const { worker } = this.#group.members[index]!;
      return worker !== null && preferred.has(worker);
    });
    return found.length > 0 ? found : indices;
  }

  /** The indices of the members that get new connections. */
  get #receivers(): number[] {
    return receivers(this.#group.members.map((member) => this.#standing(member)));
  }

  /** Workers of an old master that is gone serve until a worker of this master is ready. */
  #standing(member: Member): Standing {
    const { worker } = member;
    if (this.#departed.has(member) || this.#group.isRefusing(member)) return "dead";
    if (worker === null) return "accepting";
    if (this.#eligible.has(worker)) return "eligible";
    return worker.isAccepting ? "accepting" : "dead";
  }

  /** No process accepts, but another worker will: no listener closes until then, so that no client is refused. */
  get #isWaiting(): boolean {
    return this.#awaitsWorker && !this.#isSuspended && !this.#hasWaitedTooLong &&
      this.#group.members.length > 0 && this.#receivers.length === 0;
  }

  /** Call it with every tick: after `limit` milliseconds without a worker, new connections are refused. */
  tick(limit: number): void {
    if (this.#waitingSince === null || this.#system.clock.monotonic() - this.#waitingSince < limit) return;
    this.#waitingSince = null;
    this.#hasWaitedTooLong = true;
    this.#logger
      .warning`no worker has listened for ${showDuration(limit)}: new connections are refused until one does`;
    this.#removeDeparted();
  }

  /**
   * From now on no socket leaves the group, until this master or its successor steers alone. Returns the ids of the
   * processes that they belong to, in their order; `null` if this master does not have them.
   */
  freeze(): number[] | null {
    if (this.#inbox === null) return null;
    this.#isFrozen = true;
    return this.#group.members.map(({ pid }) => pid);
  }

  /**
   * Sends copies of all sockets, in their order, to the fd inbox of a successor. Returns the ids of the processes that
   * they belong to; `null` if this master does not have them.
   */
  handOver(fdInbox: string): number[] | null {
    if (this.#inbox === null) return null;
    handOver(this.#system, fdInbox, this.#group.members.flatMap((member) => member.descriptors));
    return this.freeze();
  }

  /** Takes the sockets that the old master sent: `addressCount` for each process in `workers`. Steers after `takeOver`. */
  adopt(workers: readonly number[], addressCount: number): void {
    if (this.#inbox === null) return;
    this.#isFrozen = true;
    this.#isSuspended = true;
    const descriptors = this.#inbox.fromMaster(workers.length * addressCount);
    if (descriptors === null) return this.giveUp("the listeners of the old master did not arrive");
    workers.forEach((pid, index) => {
      const own = descriptors.slice(index * addressCount, (index + 1) * addressCount);
      this.#group.add({ worker: null, pid, descriptors: own });
    });
  }

  /**
   * Takes the sockets that `workers` have sent themselves, because the old master is dead: `addressCount` each. False
   * while some are missing.
   */
  adoptFromWorkers(workers: readonly number[], addressCount: number): boolean {
    const found = this.#inbox?.fromWorkers(workers, addressCount) ?? null;
    if (found === null) return false;
    this.#isFrozen = true;
    this.#isSuspended = true;
    workers.forEach((pid) => this.#group.add({ worker: null, pid, descriptors: found.get(pid)! }));
    return true;
  }

  /** False while processes listen that this master does not know: their place in the kernel's order is unknown. */
  get isOrderKnown(): boolean {
    return this.#group.isOrderKnown;
  }

  /** From now on the successor steers. */
  suspend(): void {
    this.#isSuspended = true;
  }

  /**
   * From now on this master steers, again or for the first time; members that left meanwhile leave the group. As long as
   * the other master may have steered since, call it again: the last program that was installed counts.
   */
  takeOver(): void {
    this.#isSuspended = false;
    this.#group.forgetProgram();
    this.#steer();
    this.#isFrozen = false;
    this.#removeDeparted();
  }

  /** These workers of the old master are gone, and so is the old master: no other process holds their sockets. */
  releaseAdopted(gone: ReadonlySet<number>): void {
    this.#group.members.filter(({ worker, pid }) => worker === null && gone.has(pid))
      .forEach((member) => this.#departed.add(member));
    this.#removeDeparted();
  }

  /**
   * Refuses new connections, while those whose handshake has begun are still served. False if that is not possible:
   * this master does not have the sockets, or another master serves with them.
   */
  refuse(): boolean {
    return this.#inbox !== null && !this.#isSuspended && this.#group.refuseAll();
  }

  /** How many connections wait in the accept queues of the listeners that refuse new ones. */
  get refusedBacklog(): number {
    return this.#group.waitingAt(this.#group.refusing);
  }

  /** Ends the listening of the workers that refuse new connections; others may listen by now. */
  shutRefusing(): void {
    this.#group.refusing.forEach((member) => this.#departed.add(member));
    this.#removeDeparted();
  }

  /** Ends the listening of all workers: it stops for every copy of the sockets. */
  shut(): void {
    this.#group.stopListening();
    this.release();
  }

  /** Leaves the order to the kernel and the sockets to their workers. */
  release(): void {
    this.#group.clear();
    this.#inbox?.close();
    this.#inbox = null;
  }

  /** Falls back to the kernel's own balancing. */
  giveUp(reason: string): void {
    if (this.#inbox === null) return;
    this.#logger.warning`${noSteering(reason)}`;
    if (this.#group.members.length > 0) this.#group.steer([]);
    this.release();
  }

  /** `indices` may contain the one that the next listener will get. */
  #install(indices: readonly number[]): void {
    if (this.#isSuspended) return;
    const failure = this.#group.steer(indices);
    if (failure !== null) this.giveUp(failure);
  }
}
