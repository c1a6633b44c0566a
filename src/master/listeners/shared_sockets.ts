/**
 * The Unix sockets that workers accept from. The master opens them and never accepts: workers inherit all of them, and so
 * does the successor of an upgrade, so what waits in their queues outlives each of these processes. It tells each worker
 * from which ones to accept: from those for all workers, and where a path has `{slot}` in it, from one of its sockets, or
 * more where workers are missing. Those that get no connections of TCP get none here. Without a worker clients wait.
 */

import { type Credentials, resolveOwner } from "../../account/credentials.ts";
import { assignPlaces } from "../../core/listeners/socket_places.ts";
import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import { socketPaths, socketsAt } from "../../settings/listen_addresses.ts";
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
import type { System, UnixSource } from "../../system/system.ts";
import type { WorkerHandle } from "../workers/worker_handle.ts";

type SocketSettings = Pick<
  Settings,
  "bind" | "workers" | "maxWorkers" | "backlog" | "unixSocketMode" | "unixSocketOwner"
>;

/** How long workers whose master was killed may take to leave a socket (ms), and the time between two looks. */
const leavingTime = 2_500;
const pause = 20;

export class SharedSockets {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #settings: SocketSettings;
  /** The paths of each setting of `bind`. */
  readonly #groups: readonly (readonly string[])[];
  readonly #owner: { readonly uid: number | null; readonly gid: number | null };
  /** In the order of the paths. */
  #open: readonly SocketFile[] = [];
  #state: "inherited" | "own" | "left" = "own";
  /** For each group the place that a worker has in it. */
  readonly #places: readonly WeakMap<WorkerHandle, number>[];
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
    this.#groups = socketPaths(settings).map((path) => socketsAt(path, Math.max(workers, maxWorkers)));
    this.#places = this.#groups.map(() => new WeakMap());
    this.#owner = owner === undefined ? { uid: uid ?? null, gid: gid ?? null } : resolveOwner(system, owner);
  }

  get #paths(): readonly string[] {
    return this.#groups.flat();
  }

  /** For the workers and a successor, which inherit them. */
  get open(): readonly UnixSource[] {
    return this.#open.map(({ path, descriptor }) => ({ path, descriptor }));
  }

  /** As operators write them. */
  get texts(): readonly string[] {
    return this.#paths.map((path) => `unix:${path}`);
  }

  /** Waits for workers whose master was killed. Throws DenicornError for a socket that cannot be opened. */
  async openAtStart(): Promise<void> {
    const { clock, processes } = this.#system;
    const end = clock.monotonic() + leavingTime;
    for (const path of this.#paths) {
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
    if (this.#open.length < this.#paths.length) {
      const open: SocketFile[] = [];
      for (const path of this.#paths) {
        try {
          open.push(this.#open.find((socket) => socket.path === path) ?? this.#openAt(path));
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

  #openAt(path: string): SocketFile {
    if (clearPath(this.#system, path)) {
      this.#logger.info`replaced the socket ${path}: no process listened on it`;
    }
    const { backlog, unixSocketMode: mode } = this.#settings;
    return openSocketFile(this.#system, path, { backlog, mode, ...this.#owner });
  }

  /** Takes those that the old master of an upgrade has passed on. Throws DenicornError if `bind` lacks one of them. */
  adopt(inherited: readonly UnixSource[]): void {
    this.#state = "inherited";
    inherited.forEach(({ descriptor }) => this.#system.descriptors.keep(descriptor));
    this.#open = inherited.map((source) => ({ ...source, inode: inodeAt(this.#system, source.path) }));
    this.claim();
    const lacking = inherited.find(({ path }) => !this.#paths.includes(path));
    if (lacking === undefined) return;
    throw new DenicornError(
      "upgrade",
      `cannot take over: unix:${lacking.path} is not in bind any more: an upgrade keeps the addresses; restart the ` +
        "server to change them",
    );
  }

  /** Workers of a master that was killed leave them to the process that has claimed them, and errors name it. */
  claim(): void {
    const { backlog } = this.#settings;
    this.#open.forEach(({ descriptor }) => this.#system.unixSockets.claim(descriptor, backlog));
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
    // Until the old master has left them, its workers accept.
    if (this.#open.length === 0 || this.#state !== "own") return;
    const workers = Array.from(eligible).sort((a, b) => a.slot - b.slot);
    const accepted = new Map<WorkerHandle, number[]>(serving.map((worker) => [worker, []]));
    let first = 0;
    this.#groups.forEach((paths, group) => {
      const places = this.#places[group]!;
      const assigned = paths.length === 1
        ? workers.map(() => [0])
        : assignPlaces(paths.length, workers.map((worker) => places.get(worker) ?? null));
      workers.forEach((worker, index) => {
        const own = assigned[index]!;
        places.set(worker, own[0]!);
        accepted.get(worker)?.push(...own.map((place) => first + place));
      });
      first += paths.length;
    });
    accepted.forEach((sockets, worker) => this.#tell(worker, sockets));
  }

  #tell(worker: WorkerHandle, sockets: readonly number[]): void {
    const text = sockets.join();
    if ((this.#told.get(worker) ?? "") === text) return;
    this.#told.set(worker, text);
    void worker.send({ type: "accept", sockets });
  }

  /** From now on nobody can connect; workers that accept get what waits. A worker that starts later opens them again. */
  refuse(): void {
    const { unixSockets, sockets } = this.#system;
    for (const socket of this.#open) {
      if (this.#state === "own") {
        unixSockets.refuse(socket.descriptor);
        this.#removeFile(socket);
      }
      sockets.close(socket.descriptor);
    }
    this.#open = [];
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
