/**
 * The Unix sockets that all workers accept from. The master opens them and never accepts: workers inherit them, and so does
 * the successor of an upgrade, so what waits in their queues outlives each of these processes. Without a worker clients wait.
 */

import { type Credentials, resolveOwner } from "../../account/credentials.ts";
import { DenicornError } from "../../core/errors.ts";
import type { Logger } from "../../log/logger.ts";
import type { UnixSocket } from "../../protocol/messages.ts";
import { isPerWorker, socketPaths } from "../../settings/listen_addresses.ts";
import type { Settings } from "../../settings/settings.ts";
import { sleep } from "../../system/clock.ts";
import { toSocketError } from "../../system/network/listen_error.ts";
import type { System, UnixSource } from "../../system/system.ts";

interface SharedSocket extends UnixSource {
  /** Of its file: another one may stand there by the time it is removed. */
  readonly inode: number;
}

/** How long workers whose master was killed may take to leave a socket (ms), and the time between two looks. */
const leavingTime = 2_500;
const pause = 20;

export class SharedSockets {
  readonly #system: System;
  readonly #logger: Logger;
  readonly #settings: Pick<Settings, "backlog" | "unixSocketMode">;
  readonly #paths: readonly string[];
  /** Each worker opens its own. */
  readonly #perWorker: readonly UnixSocket[];
  readonly #owner: { readonly uid: number | null; readonly gid: number | null };
  #open: readonly SharedSocket[] = [];
  /** False while another master has them, too, and serves. */
  #areOwn = true;

  /** Throws DenicornError `user` for an owner that is not known. */
  constructor(
    system: System,
    logger: Logger,
    settings: Pick<Settings, "bind" | "backlog" | "unixSocketMode" | "unixSocketOwner">,
    { uid, gid }: Pick<Credentials, "uid" | "gid">,
  ) {
    this.#system = system;
    this.#logger = logger;
    this.#settings = settings;
    const paths = socketPaths(settings);
    this.#paths = paths.filter((path) => !isPerWorker(path));
    this.#perWorker = paths.filter(isPerWorker).map((path) => ({ path, descriptor: null }));
    const { unixSocketOwner: owner } = settings;
    this.#owner = owner === undefined ? { uid: uid ?? null, gid: gid ?? null } : resolveOwner(system, owner);
  }

  /** All of `bind`, as workers get them. */
  get forWorkers(): readonly UnixSocket[] {
    return [...this.#open.map(({ path, descriptor }) => ({ path, descriptor })), ...this.#perWorker];
  }

  get open(): readonly UnixSource[] {
    return this.#open;
  }

  /** As operators write them. */
  get texts(): readonly string[] {
    return [...this.#paths, ...this.#perWorker.map(({ path }) => path)].map((path) => `unix:${path}`);
  }

  /** Waits for workers whose master was killed. Throws DenicornError for a socket that cannot be opened. */
  async openAtStart(): Promise<void> {
    const { clock, processes } = this.#system;
    const end = clock.monotonic() + leavingTime;
    for (const path of this.#paths) {
      for (let pid = this.#listenerAt(path); pid !== null; pid = this.#listenerAt(path)) {
        if (clock.monotonic() >= end || processes.isAlive(pid)) break;
        await sleep(clock, pause);
      }
    }
    this.require();
  }

  /** Opens those that are not open, and returns what workers inherit. Throws DenicornError if that is impossible. */
  require(): readonly number[] {
    if (this.#open.length === 0) {
      const open: SharedSocket[] = [];
      this.#open = open;
      try {
        for (const path of this.#paths) open.push(this.#openAt(path));
      } catch (error) {
        this.refuse();
        throw error;
      }
    }
    return this.#open.map(({ descriptor }) => descriptor);
  }

  #openAt(path: string): SharedSocket {
    const { files, unixSockets, sockets } = this.#system;
    this.#clear(path);
    const { backlog, unixSocketMode: mode } = this.#settings;
    let descriptor: number | null = null;
    try {
      descriptor = unixSockets.listen(path, { backlog, mode });
      const { uid, gid } = this.#owner;
      if (uid !== null || gid !== null) files.changeOwner(path, uid, gid);
      return { path, descriptor, inode: this.#inodeAt(path) };
    } catch (error) {
      if (descriptor !== null) {
        files.remove(path);
        sockets.close(descriptor);
      }
      throw toSocketError(error, path);
    }
  }

  /** Removes what a dead server has left. Throws DenicornError for anything else. */
  #clear(path: string): void {
    const { files } = this.#system;
    const info = files.lstat(path);
    if (info === null) return;
    if (!info.isSocket) {
      throw new DenicornError(
        "bind-in-use",
        `cannot listen: unix:${path} is there already and is no socket: remove it, or choose another --bind`,
      );
    }
    const pid = this.#listenerAt(path);
    if (pid !== null) {
      throw new DenicornError(
        "bind-in-use",
        `cannot listen: unix:${path} is in use by ${
          pid === 0 ? "another program" : `process ${pid}`
        }: stop that ` +
          "program, or choose another --bind",
      );
    }
    this.#logger.info`replacing the socket ${path}: no process listens on it`;
    try {
      files.remove(path);
    } catch (error) {
      throw toSocketError(error, path);
    }
  }

  #listenerAt(path: string): number | null {
    try {
      return this.#system.unixSockets.listenerAt(path);
    } catch (error) {
      throw toSocketError(error, path);
    }
  }

  /** 0 if there is no such file any more. */
  #inodeAt(path: string): number {
    return this.#system.files.lstat(path)?.inode ?? 0;
  }

  /** Takes those that the old master of an upgrade has passed on. Throws DenicornError if they are others than in `bind`. */
  adopt(inherited: readonly UnixSource[]): void {
    if (inherited.length === 0) return;
    this.#areOwn = false;
    this.#open = inherited.map((source) => ({ ...source, inode: this.#inodeAt(source.path) }));
    inherited.forEach(({ descriptor }) => this.#system.descriptors.keep(descriptor));
    const [own, old] = [this.#paths, inherited.map(({ path }) => path)].map((paths) => paths.join(", "));
    if (own === old) return;
    throw new DenicornError(
      "upgrade",
      `cannot take over: the Unix sockets of bind are ${
        own || "none"
      } and were ${old}: an upgrade keeps the addresses; ` +
        "restart the server to change them",
    );
  }

  /** The old master has left them to this one. */
  own(): void {
    this.#areOwn = true;
  }

  /** The successor has taken over: it has them. */
  leave(): void {
    this.#areOwn = false;
  }

  /** From now on nobody can connect; workers that accept get what waits. A worker that starts later opens them again. */
  refuse(): void {
    const { unixSockets, sockets } = this.#system;
    for (const socket of this.#open) {
      if (this.#areOwn) {
        unixSockets.refuse(socket.descriptor);
        this.#removeFile(socket);
      }
      sockets.close(socket.descriptor);
    }
    this.#open = [];
  }

  #removeFile({ path, inode }: SharedSocket): void {
    try {
      if (this.#inodeAt(path) === inode) this.#system.files.remove(path);
    } catch (error) {
      this.#logger.warning`cannot remove the socket ${path}: ${
        error instanceof Error ? error.message : String(error)
      }`;
    }
  }
}
