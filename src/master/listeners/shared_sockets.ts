/**
 * The sockets that workers accept from, and share: Unix sockets, and those that the process that started the server has
 * opened. The master opens the others and never accepts: workers inherit all of them, and so does the successor of an
 * upgrade, so what waits in their queues outlives each of these processes. It tells each worker from which ones to accept:
 * from those for all workers, and where a path has `{slot}` in it, from one of its sockets, or more where workers are
 * missing. Those that get no connections of their own get none here. Without a worker clients wait. An inherited socket is
 * never ended: who has opened it, such as systemd, keeps it, with all that waits, for the next start.
 */

import { type Credentials, resolveOwner } from "../../account/credentials.ts";
import { assignPlaces } from "../../core/listeners/socket_places.ts";
import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { socketsAt } from "../../settings/listen_addresses.ts";
import type { Settings } from "../../settings/settings.ts";
import { sleep } from "../../system/clock.ts";
import {
  clearPath,
  inodeAt,
  listenerOf,
  openSocketFile,
  removeSocketFile,
  type SocketFile,
} from "../../system/network/unix/socket_files.ts";
import { isInherited } from "../../system/network/inherited_source.ts";
import { formatAddress } from "../../system/network/listen_error.ts";
import type {
  InheritedAddress,
  InheritedSource,
  SharedSource,
  System,
  TcpAddress,
  UnixAddress,
  UnixSource,
} from "../../system/system.ts";
import { inheritedText, takeSocket } from "./inherited_sockets.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

type SocketSettings = Pick<
  Settings,
  "bind" | "workers" | "maxWorkers" | "backlog" | "unixSocketMode" | "unixSocketOwner"
>;

/** How long workers whose master was killed may take to leave a socket (ms), and the time between two looks. */
const leavingTime = 2_500;
const pause = 20;

/** Where a socket comes from. */
type Place = UnixAddress | InheritedAddress;

type OpenSocket = SocketFile | InheritedSource;

export class SharedSockets {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #settings: SocketSettings;
  /** Those of each setting of `bind`. */
  readonly #groups: readonly (readonly Place[])[];
  readonly #owner: { readonly uid: number | null; readonly gid: number | null };
  /** In the order of the places. */
  #open: readonly OpenSocket[] = [];
  #state: "inherited" | "own" | "left" = "own";
  /** For each group the place that a worker has in it. */
  readonly #seats: readonly WeakMap<WorkerHandle, number>[];
  /** What each worker was told, as text. */
  readonly #told = new WeakMap<WorkerHandle, string>();

  /** Throws DenicornError `user` for an owner that is not known. */
  constructor(
    system: System,
    logger: Logger,
    settings: SocketSettings,
    { uid, gid }: Pick<Credentials, "uid" | "gid">,
  ) {
    this.#system = system;
    this.#logger = logger;
    this.#settings = settings;
    const { workers, maxWorkers = 0, unixSocketOwner: owner } = settings;
    this.#groups = settings.bind.flatMap((address): Place[][] => {
      if ("port" in address) return [];
      if ("descriptor" in address) return [[address]];
      return [socketsAt(address.path, Math.max(workers, maxWorkers)).map((path) => ({ path }))];
    });
    this.#seats = this.#groups.map(() => new WeakMap());
    this.#owner = owner === undefined ? { uid: uid ?? null, gid: gid ?? null } : resolveOwner(system, owner);
  }

  get #places(): readonly Place[] {
    return this.#groups.flat();
  }

  /** For the workers and a successor, which inherit them. */
  get open(): readonly SharedSource[] {
    return this.#open.map((socket) => {
      if (isInherited(socket)) return socket;
      const { path, descriptor } = socket;
      return { path, descriptor };
    });
  }

  /** Those that the master has opened. */
  get opened(): readonly UnixSource[] {
    return this.open.filter((source): source is UnixSource => !isInherited(source));
  }

  /** The numbers of those that it has inherited. */
  get inherited(): readonly number[] {
    return this.#open.filter(isInherited).map(({ descriptor }) => descriptor);
  }

  /** How many connections wait to be accepted, as far as the kernel tells: at inherited sockets of TCP. */
  get waiting(): number {
    const { sockets } = this.#system;
    return this.#open.reduce(
      (sum, socket) => "port" in socket ? sum + sockets.waiting(socket.descriptor) : sum,
      0,
    );
  }

  /** As operators write them; `show` says how an inherited address is written. */
  texts(show: (address: TcpAddress) => string = formatAddress): readonly string[] {
    return this.#places.map((place) => {
      if ("path" in place) return `unix:${place.path}`;
      const socket = this.#open.filter(isInherited).find((socket) => isAt(socket, place));
      return socket === undefined ? `fd://${place.descriptor}` : inheritedText(socket, place.name, show);
    });
  }

  /** Waits for workers whose master was killed. Throws DenicornError for a socket that cannot be opened. */
  async openAtStart(): Promise<void> {
    const { clock, processes } = this.#system;
    const end = clock.monotonic() + leavingTime;
    for (const place of this.#places) {
      if (!("path" in place)) continue;
      const { path } = place;
      for (;;) {
        const pid = listenerOf(this.#system, path);
        if (pid === null || clock.monotonic() >= end || processes.isAlive(pid)) break;
        await sleep(clock, pause);
      }
    }
    this.require();
  }

  /** Opens those that are not open, and returns what workers inherit. Throws DenicornError if that is impossible. */
  require(): readonly number[] {
    if (this.#open.length < this.#places.length) {
      const open: OpenSocket[] = [];
      for (const place of this.#places) {
        try {
          open.push(this.#open.find((socket) => isAt(socket, place)) ?? this.#openAt(place));
        } catch (error) {
          this.#open = open;
          this.refuse();
          throw error;
        }
      }
      this.#open = open;
    }
    return this.#open.map(({ descriptor }) => descriptor);
  }

  #openAt(place: Place): OpenSocket {
    if ("descriptor" in place) return takeSocket(this.#system, place.descriptor);
    const { path } = place;
    if (clearPath(this.#system, path)) {
      this.#logger.info`replaced the socket ${path}: no process listened on it`;
    }
    const { backlog, unixSocketMode: mode } = this.#settings;
    return openSocketFile(this.#system, path, { backlog, mode, ...this.#owner });
  }

  /**
   * Takes those that the old master of an upgrade has passed on: its own, and the numbers of those that it has inherited.
   * Throws DenicornError if `bind` lacks one of them, or names one that is not there.
   */
  adopt(opened: readonly UnixSource[], inherited: readonly number[]): void {
    this.#state = "inherited";
    opened.forEach(({ descriptor }) => this.#system.descriptors.keep(descriptor));
    this.#open = opened.map((source) => ({ ...source, inode: inodeAt(this.#system, source.path) }));
    this.claim();
    const lacking = [
      ...opened.filter((socket) => !this.#places.some((place) => isAt(socket, place)))
        .map(({ path }) => `unix:${path}`),
      ...inherited.filter((descriptor) =>
        !this.#places.some((place) => "descriptor" in place && place.descriptor === descriptor)
      ).map((descriptor) => `fd://${descriptor}`),
    ];
    if (lacking[0] !== undefined) {
      throw new DenicornError(
        "upgrade",
        `cannot take over: ${
          lacking[0]
        } is not in bind any more: an upgrade keeps the addresses; restart the ` +
          "server to change them",
      );
    }
    const own = this.#places.filter((place): place is InheritedAddress => "descriptor" in place);
    this.#open = [...this.#open, ...own.map(({ descriptor }) => takeSocket(this.#system, descriptor))];
    this.#open = this.#places.flatMap((place) => this.#open.find((socket) => isAt(socket, place)) ?? []);
  }

  /** Workers of a master that was killed leave them to the process that has claimed them, and errors name it. */
  claim(): void {
    const { backlog } = this.#settings;
    this.opened.forEach(({ descriptor }) => this.#system.unixSockets.claim(descriptor, backlog));
  }

  /** The old master has left them to this one. */
  own(): void {
    this.#state = "own";
  }

  /** The successor has taken over: it has them. */
  leave(): void {
    this.#state = "left";
  }

  /** From now on only `eligible` workers accept, of those that serve. */
  update(eligible: ReadonlySet<WorkerHandle>, serving: readonly WorkerHandle[]): void {
    // Until the old master has left them, its workers accept. Once nobody can connect, workers accept what waits until they end.
    const { length } = this.#open;
    if (length === 0 || length < this.#places.length || this.#state !== "own") return;
    const workers = Array.from(eligible).sort((a, b) => a.slot - b.slot);
    const accepted = new Map<WorkerHandle, number[]>(serving.map((worker) => [worker, []]));
    let first = 0;
    this.#groups.forEach((places, group) => {
      const seats = this.#seats[group]!;
      const assigned = places.length === 1
        ? workers.map(() => [0])
        : assignPlaces(places.length, workers.map((worker) => seats.get(worker) ?? null));
      workers.forEach((worker, index) => {
        const own = assigned[index]!;
        seats.set(worker, own[0]!);
        accepted.get(worker)?.push(...own.map((place) => first + place));
      });
      first += places.length;
    });
    accepted.forEach((sockets, worker) => this.#tell(worker, sockets));
  }

  #tell(worker: WorkerHandle, sockets: readonly number[]): void {
    const text = sockets.join();
    if ((this.#told.get(worker) ?? "") === text) return;
    this.#told.set(worker, text);
    void worker.send({ type: "accept", sockets });
  }

  /**
   * From now on nobody can connect to those that the master has opened; workers that accept get what waits. A worker that
   * starts later opens them again. At an inherited one clients wait.
   */
  refuse(): void {
    const { unixSockets, sockets } = this.#system;
    for (const socket of this.#open) {
      if (isInherited(socket)) continue;
      if (this.#state === "own") {
        unixSockets.refuse(socket.descriptor);
        this.#removeFile(socket);
      }
      sockets.close(socket.descriptor);
    }
    this.#open = this.#open.filter(isInherited);
  }

  #removeFile(file: SocketFile): void {
    try {
      removeSocketFile(this.#system, file);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#logger.warning`cannot remove the socket ${file.path}: ${reason}`;
    }
  }
}

function isAt(socket: SharedSource, place: Place): boolean {
  if ("descriptor" in place) return isInherited(socket) && socket.descriptor === place.descriptor;
  return !isInherited(socket) && socket.path === place.path;
}
